// Says in words what an entry of the audit log is about, for administrators.
import type { AuditAction } from '@postern/client'
import { ACTIVITIES, type Activity, describeActivity } from './activities.js'

/** What the account page does not show, or says to the user. */
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
  if (result === 'SUCCESS') return known[action] ?? 'Something that this version does not know'
  // Written to the user.
  if (action === 'REGISTER') return 'Registration with an address that has an account'
  return describeActivity(entry)
}

/** How often is in the words already, and a session is known by its device. */
const unsaid = new Set(['times', 'session'])

const methods: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'code of an app',
  rc: 'recovery code',
  hwk: 'passkey',
  fed: 'provider',
  // Follow from the others.
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
