// Who a provider says a person is, and whether it vouches for their email address.
import { canonicalEmail, foldEmail } from '../../platform/emails.js'
import type { Identity } from '../../repositories/oauth/accounts.js'
import type { ProviderClaims } from '../../repositories/oauth/provider.js'
import { oauthFailed } from './errors.js'

export type ProviderKind = 'google' | 'github' | 'microsoft' | 'oidc'

export interface ProviderIdentity {
  account: Identity
  /** In its normal form. Null without a usable one. */
  email: string | null
  /** Whether the person is known to read the mails to this address. */
  isVouched: boolean
  /** When the person last proved to the provider who they are. Null if it does not say so. */
  provedAt: Date | null
}

/** As an id column stores it. Spaces are refused: the database would ignore them at the end. */
const ID = /^[\x21-\x7e]{1,255}$/

/** Addresses that mails to people don't reach. */
const NO_REPLY = /@users\.noreply\.github\.com$/

const domainOf = (email: string): string => canonicalEmail(email).split('@')[1] ?? ''

/**
 * Whether the provider's text names one mailbox only. Accounts are found by a form in which `K` can be the Kelvin sign, and
 * the provider may have verified that one for someone else.
 */
const isUnambiguous = (text: unknown, email: string): boolean =>
  text === email && foldEmail(email) === email.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

type Rule = (claims: ProviderClaims, email: string) => boolean

const isVerified: Rule = (claims) => claims['email_verified'] === true

/** An address elsewhere was verified once, when the Google account was made, and may belong to someone else by now. */
const isOfGoogle: Rule = (claims, email) =>
  ['gmail.com', 'googlemail.com'].includes(domainOf(email)) || (typeof claims['hd'] === 'string' && claims['hd'] !== '')

/**
 * Administrators of any tenant can write any address into `email` (nOAuth). Only `xms_edov`, an optional claim, says that
 * the tenant owns its domain.
 */
const isOwnedByTenant: Rule = ({ xms_edov: owned }) =>
  owned === true || owned === 1 || owned === '1' || owned === 'true'

const VOUCHES: Record<ProviderKind, Rule> = {
  google: (claims, email) => isVerified(claims, email) && isOfGoogle(claims, email),
  github: (claims, email) => isVerified(claims, email) && !NO_REPLY.test(email.toLowerCase()),
  microsoft: isOwnedByTenant,
  oidc: isVerified,
}

const dateOf = (seconds: unknown): Date | null =>
  Number.isSafeInteger(seconds) && (seconds as number) > 0 ? new Date((seconds as number) * 1000) : null

/** `readEmail` returns the normal form of an address, or null if the service would not accept it. Throws OAUTH_FAILED. */
export function identityOf(
  { name, kind }: { name: string; kind: ProviderKind },
  claims: ProviderClaims,
  readEmail: (text: unknown) => string | null,
): ProviderIdentity {
  const { iss: issuer, sub: subject } = claims
  if (!ID.test(issuer) || !ID.test(subject)) throw oauthFailed(new Error('the provider named no usable subject'))
  const email = readEmail(claims['email'])
  return {
    account: { provider: name, issuer, subject },
    email,
    isVouched: email !== null && isUnambiguous(claims['email'], email) && VOUCHES[kind](claims, email),
    provedAt: dateOf(claims['auth_time']),
  }
}
