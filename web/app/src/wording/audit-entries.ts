// Describes entries of the audit log in words, for administrators.
import type { AuditAction } from '@postern/client'
import { ACTIVITIES, type Activity, describeActivity } from './activities.js'

/** Actions that the account page does not show, or for which it addresses the user. */
const words: Readonly<Record<Exclude<AuditAction, 'OTHER'>, string>> = {
  ...ACTIVITIES,
  REAUTHENTICATE: 'Identity confirmed',
  VERIFY_MFA: 'Code at a sign-in',
  REUSE_REFRESH_TOKEN: 'Token of a session used twice',
  DELETE_ACCOUNT: 'Account deleted',
  CREATE_INVITATION: 'Invitation created',
  REVOKE_INVITATION: 'Invitation revoked',
  PROTECT_USERNAME: 'Username protected',
  UNPROTECT_USERNAME: 'Protection of a username removed',
  REGISTER_WEBHOOK: 'Webhook created',
  UPDATE_WEBHOOK: 'Webhook changed',
  DELETE_WEBHOOK: 'Webhook deleted',
  ROTATE_WEBHOOK_SECRET: 'Secret of a webhook replaced',
  TEST_WEBHOOK: 'Webhook tested',
  REPLAY_WEBHOOK: 'Deliveries of a webhook sent again',
  DISABLE_WEBHOOK: 'Webhook disabled',
}

const known: Readonly<Record<string, string>> = words

/** Every action with its words, in alphabetical order, to choose from. */
export const ACTIONS: readonly (readonly [action: string, words: string])[] = Object.entries(words).toSorted(
  ([, one], [, other]) => one.localeCompare(other, 'en'),
)

/** What happened. */
export function describeEntry(entry: Activity): string {
  const { action, result } = entry
  const words = known[action] ?? 'Something that this version does not know'
  if (result === 'SUCCESS') return words
  if (result === 'ATTEMPTED') return `Begun: ${words}`
  // The wording of the account page addresses the user.
  if (action === 'REGISTER') return 'Registration with an address that has an account'
  return describeActivity(entry)
}

/** Facts that are not shown: the description already has the number of times, and the device identifies the session. */
const unsaid = new Set(['times', 'session'])

const methods: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'code of an app',
  rc: 'recovery code',
  hwk: 'passkey',
  fed: 'provider',
  // Implied by the others.
  user: '',
  mfa: '',
}

/** What else is known, such as "To: ADMIN" or "With: password". */
export const describeFacts = ({ facts }: Activity): string[] =>
  facts
    .filter(({ name }) => !unsaid.has(name))
    .map(({ name, value }) =>
      name === 'amr'
        ? `With: ${value
            .split(' ')
            .map((method) => methods[method] ?? method)
            .filter(Boolean)
            .join(', ')}`
        : `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${value}`,
    )
