// What an entry of the audit log says: the actions, the results and the facts.
import type { Actor } from './actors.js'

export const AUDIT_ACTIONS = [
  'REGISTER',
  'IMPORT_USER',
  'LOGIN',
  'LOGOUT',
  'LOGOUT_ALL',
  'REVOKE_SESSION',
  'REVOKE_USER_SESSIONS',
  'REUSE_REFRESH_TOKEN',
  'VERIFY_MFA',
  'REAUTHENTICATE',
  'ENABLE_MFA',
  'DISABLE_MFA',
  'REPLACE_RECOVERY_CODES',
  'CHANGE_PASSWORD',
  'REQUEST_PASSWORD_RESET',
  'RESET_PASSWORD',
  'REQUEST_VERIFICATION',
  'VERIFY_EMAIL',
  'REQUEST_EMAIL_CHANGE',
  'CHANGE_EMAIL',
  'ADD_PASSKEY',
  'RENAME_PASSKEY',
  'REMOVE_PASSKEY',
  'LINK_OAUTH',
  'UNLINK_OAUTH',
  'CLAIM_ACCOUNT',
  'UPDATE_PROFILE',
  'CHANGE_USERNAME',
  'ACCEPT_TERMS',
  'EXPORT_DATA',
  'REQUEST_DATA_EXPORT',
  'REQUEST_ACCOUNT_DELETION',
  'CANCEL_ACCOUNT_DELETION',
  'DELETE_ACCOUNT',
  'CREATE_INVITATION',
  'REVOKE_INVITATION',
  'SET_ROLE',
  'DISABLE_USER',
  'ENABLE_USER',
  'PROTECT_USERNAME',
  'UNPROTECT_USERNAME',
  'ERASE_DETAILS',
  'REGISTER_WEBHOOK',
  'UPDATE_WEBHOOK',
  'DELETE_WEBHOOK',
  'ROTATE_WEBHOOK_SECRET',
  'TEST_WEBHOOK',
  'REPLAY_WEBHOOK',
  'DISABLE_WEBHOOK',
  'CREATE_SIGNAL_STREAM',
  'UPDATE_SIGNAL_STREAM',
  'ROTATE_SIGNAL_STREAM_TOKEN',
  'DELETE_SIGNAL_STREAM',
] as const

export type AuditAction = (typeof AUDIT_ACTIONS)[number]

export const AUDIT_RESULTS = ['SUCCESS', 'FAILURE', 'LOCKED', 'ATTEMPTED'] as const

/**
 * LOCKED: refused after too many failures, without a look at the password. ATTEMPTED: another service was going to be asked to do it;
 * the next entry says what became of it, and if there is none, that is not known.
 */
export type AuditResult = (typeof AUDIT_RESULTS)[number]

/** By name. Without personal data: facts are never erased. */
export type AuditFacts = Readonly<Record<string, string>>

export interface AuditEvent {
  action: AuditAction
  /** By default SUCCESS. */
  result?: AuditResult
  actor: Actor
  /** The account that it happened to. Null if it concerns none. */
  accountId: string | null
  facts?: AuditFacts
}
