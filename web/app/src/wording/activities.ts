// Says in words what happened to the account.
import type { AuditAction } from '@postern/client'

/** An entry of the audit log, as the account page reads it. */
export interface Activity {
  readonly id: string
  readonly at: string
  readonly action: string
  readonly result: string
  readonly actor: string
  readonly actorId: string | null
  readonly facts: readonly { readonly name: string; readonly value: string }[]
  readonly ipAddress: string | null
  readonly userAgent: string | null
}

/** What happened, by the action. */
export const ACTIVITIES = {
  REGISTER: 'Account created',
  IMPORT_USER: 'Account taken over from another system',
  LOGIN: 'Signed in',
  LOGOUT: 'Signed out',
  LOGOUT_ALL: 'Signed out everywhere',
  REVOKE_SESSION: 'A session was ended',
  REVOKE_USER_SESSIONS: 'All sessions were ended',
  REAUTHENTICATE: 'You confirmed who you are',
  ENABLE_MFA: 'Two-step verification turned on',
  DISABLE_MFA: 'Two-step verification turned off',
  REPLACE_RECOVERY_CODES: 'New recovery codes created',
  CHANGE_PASSWORD: 'Password changed',
  REQUEST_PASSWORD_RESET: 'Mail for a new password requested',
  RESET_PASSWORD: 'Password reset by mail',
  REQUEST_VERIFICATION: 'Mail to verify the address requested',
  VERIFY_EMAIL: 'Email address verified',
  REQUEST_EMAIL_CHANGE: 'Change of the email address requested',
  CHANGE_EMAIL: 'Email address changed',
  ADD_PASSKEY: 'Passkey added',
  RENAME_PASSKEY: 'Passkey renamed',
  REMOVE_PASSKEY: 'Passkey removed',
  LINK_OAUTH: 'Sign-in method added',
  UNLINK_OAUTH: 'Sign-in method removed',
  CLAIM_ACCOUNT: 'Earlier password and sessions ended, because the address was confirmed',
  UPDATE_PROFILE: 'Profile changed',
  CHANGE_USERNAME: 'Username changed',
  ACCEPT_TERMS: 'Terms accepted',
  EXPORT_DATA: 'Data downloaded',
  REQUEST_DATA_EXPORT: 'Mail with a link to the data requested',
  REQUEST_ACCOUNT_DELETION: 'Deletion of the account requested',
  CANCEL_ACCOUNT_DELETION: 'Deletion of the account canceled',
  SET_ROLE: 'Role changed',
  DISABLE_USER: 'Account disabled',
  ENABLE_USER: 'Account enabled',
  ERASE_DETAILS: 'Personal data erased from this list',
  CREATE_SIGNAL_STREAM: 'Stream of signals created',
  UPDATE_SIGNAL_STREAM: 'Stream of signals changed',
  ROTATE_SIGNAL_STREAM_TOKEN: 'Token of a stream of signals replaced',
  DELETE_SIGNAL_STREAM: 'Stream of signals deleted',
} as const satisfies Partial<Record<AuditAction, string>>

const done: Readonly<Record<string, string>> = ACTIVITIES

const refused: Readonly<Record<string, string>> = {
  LOGIN: 'Failed sign-in',
  VERIFY_MFA: 'Sign-in with a wrong code',
  REAUTHENTICATE: 'Wrong password or code in a session',
  CHANGE_PASSWORD: 'Password change with a wrong password',
  REQUEST_EMAIL_CHANGE: 'Change of the email address with a wrong password',
  CHANGE_EMAIL: 'Wrong code for a new email address',
  ADD_PASSKEY: 'A passkey was not accepted',
  REGISTER: 'Someone tried to register with your address',
  DELETE_ACCOUNT: 'Deletion of the account with a wrong password',
  REUSE_REFRESH_TOKEN: 'A session was ended, because its token was used twice',
}

/** What happened, and how often if it was more than once. */
export function describeActivity({ action, result, facts }: Activity): string {
  const words =
    result === 'SUCCESS'
      ? (done[action] ?? 'Account changed')
      : result === 'LOCKED'
        ? 'Sign-in refused after too many failures'
        : (refused[action] ?? 'Something was refused')
  const times = Number(facts.find(({ name }) => name === 'times')?.value ?? 1)
  return times > 1 ? `${words}, ${times} times` : words
}

/** Who did it, if it was not the user. */
export function describeActor({ actor, actorId }: Activity, userId: string): string | null {
  if (actor === 'SERVICE') return 'By the service'
  if (actor === 'UNKNOWN') return 'By someone who did not sign in'
  if (actor === 'USER' && actorId === userId) return null
  return 'By an administrator'
}

/** Activities that the page highlights. */
export const isSuspicious = ({ result }: Activity): boolean => result !== 'SUCCESS'
