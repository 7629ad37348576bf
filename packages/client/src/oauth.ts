/**
 * Sign-in with Google, GitHub, Microsoft and other providers.
 *
 * @packageDocumentation
 */
import { field } from './answer.js'
import type { Client } from './client.js'
import {
  COMPLETE_OAUTH,
  INITIATE_OAUTH,
  INITIATE_OAUTH_LINK,
  LINK_OAUTH,
  OAUTH_ACCOUNTS,
  OAUTH_PROVIDERS,
  UNLINK_OAUTH,
} from './documents.js'
import { PosternError } from './errors.js'
import type { OAuthAccount, OAuthInitiation, OAuthProvider, User } from './generated/schema.js'
import { type Internals, internalsOf } from './internals.js'

export type { OAuthAccount, OAuthProvider } from './generated/schema.js'

/** Where {@link beginOAuth} keeps what {@link completeOAuth} needs, until the browser is back. */
export interface OAuthStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** Options of a sign-in at a provider. */
export interface OAuthOptions {
  /** By default `sessionStorage`: the browser has to come back in the same tab. */
  readonly storage?: OAuthStorage | undefined
}

/** Options of {@link beginOAuth}. */
export interface BeginOAuthOptions extends OAuthOptions {
  /**
   * Whether the provider shall ask the person for a proof, even if they are signed in there: after
   * REAUTHENTICATION_REQUIRED. By default, it need not.
   */
  readonly reauthenticate?: boolean | undefined
  /** The `termsVersion` of the policy that the person has accepted, if this can make an account. */
  readonly termsVersion?: string | undefined
}

/** What is kept while the browser is at the provider. */
interface Pending {
  readonly provider: string
  readonly binding: string
}

const KEY = 'postern-oauth'

function opened(client: Client): Internals {
  const internals = internalsOf(client)
  if (!internals) throw new TypeError('This is not a client of createClient.')
  return internals
}

const storageOf = ({ storage }: OAuthOptions): OAuthStorage => storage ?? sessionStorage

/** Without cookies, the page keeps the binding. */
function keep(provider: string, { binding, authorizationUrl }: OAuthInitiation, options: OAuthOptions): string {
  if (binding !== '') storageOf(options).setItem(KEY, JSON.stringify({ provider, binding } satisfies Pending))
  return authorizationUrl
}

/** The providers that people can sign in with, in the order in which to show them. */
export async function oauthProviders(client: Client): Promise<OAuthProvider[]> {
  const data = await opened(client).session.call({ document: OAUTH_PROVIDERS })
  return (field(data, 'policy') as { oauthProviders: OAuthProvider[] }).oauthProviders
}

/**
 * Begins a sign-in. Resolves to the address to which the browser must go: `location.assign(await beginOAuth(…))`. Without
 * cookies, the provider sends the browser to `redirectTo`, a page of yours that calls {@link completeOAuth}. With cookies,
 * the service itself ends the sign-in, and then sends the browser to `redirectTo`.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { beginOAuth, completeOAuth } from '@postern/client/oauth'
 *
 * const client = createClient({ url: 'https://auth.example.com/graphql' })
 *
 * // On the sign-in page:
 * location.assign(await beginOAuth(client, 'google', `${location.origin}/signed-in`))
 *
 * // On the page /signed-in:
 * const user = await completeOAuth(client, location.href)
 * console.log(user.email)
 * ```
 */
export async function beginOAuth(
  client: Client,
  provider: string,
  redirectTo: string,
  options: BeginOAuthOptions = {},
): Promise<string> {
  const { reauthenticate = false, termsVersion } = options
  const variables = { provider, redirectTo, reauthenticate, termsVersion }
  const data = await opened(client).session.call({ document: INITIATE_OAUTH, variables })
  return keep(provider, field(data, 'initiateOAuth') as OAuthInitiation, options)
}

/** As {@link beginOAuth}, to link an account of the provider to the signed-in user. {@link completeOAuthLink} ends it. */
export async function beginOAuthLink(
  client: Client,
  provider: string,
  redirectTo: string,
  options: OAuthOptions = {},
): Promise<string> {
  const variables = { provider, redirectTo }
  const data = await opened(client).session.signedCall({ document: INITIATE_OAUTH_LINK, variables })
  return keep(provider, field(data, 'initiateOAuthLink') as OAuthInitiation, options)
}

/** What the provider has appended to the address of the page. Each sign-in ends once, whatever comes of it. */
function inputOf(url: string, options: OAuthOptions) {
  const storage = storageOf(options)
  const kept = storage.getItem(KEY)
  storage.removeItem(KEY)
  const { searchParams } = new URL(url)
  const [code, state] = [searchParams.get('code'), searchParams.get('state')]
  if (kept === null || code === null || state === null)
    throw new PosternError('OAUTH_FAILED', { message: 'This sign-in was not completed, or has expired. Start again.' })
  const { provider, binding } = JSON.parse(kept) as Pending
  return { provider, binding, code, state, iss: searchParams.get('iss') }
}

/** Ends a sign-in. `url`: of the page that the provider has sent the browser to. Rejects with OAUTH_FAILED or OAUTH_NOT_LINKED. */
export async function completeOAuth(client: Client, url: string, options: OAuthOptions = {}): Promise<User> {
  return opened(client).session.begin(COMPLETE_OAUTH, inputOf(url, options))
}

/** Links the account of the provider to the signed-in user. Rejects with OAUTH_FAILED or OAUTH_ALREADY_LINKED. */
export async function completeOAuthLink(
  client: Client,
  url: string,
  options: OAuthOptions = {},
): Promise<OAuthAccount> {
  const variables = { input: inputOf(url, options) }
  return field(
    await opened(client).session.signedCall({ document: LINK_OAUTH, variables }),
    'linkOAuth',
  ) as OAuthAccount
}

/** The accounts at providers with which the signed-in user can sign in. */
export async function oauthAccounts(client: Client): Promise<OAuthAccount[]> {
  return field(await opened(client).session.signedCall({ document: OAUTH_ACCOUNTS }), 'oauthAccounts') as OAuthAccount[]
}

/** Removes one of them. Rejects with FORBIDDEN if it is the last way to sign in. */
export async function unlinkOAuth(client: Client, id: string): Promise<void> {
  await opened(client).session.signedCall({ document: UNLINK_OAUTH, variables: { id } })
}
