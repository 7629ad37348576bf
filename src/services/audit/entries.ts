// What an entry of the audit log says: the actions, the results and the facts.
import type { Actor } from './actors.js'

export type AuditAction =
  | 'REGISTER'
  | 'IMPORT_USER'
  | 'LOGIN'
  | 'LOGOUT'
  | 'LOGOUT_ALL'
  | 'REVOKE_SESSION'
  | 'REVOKE_USER_SESSIONS'
  | 'REUSE_REFRESH_TOKEN'
  | 'CHANGE_PASSWORD'
  | 'UPDATE_PROFILE'
  | 'CHANGE_USERNAME'
  | 'DELETE_ACCOUNT'
  | 'SET_ROLE'
  | 'DISABLE_USER'
  | 'ENABLE_USER'
  | 'PROTECT_USERNAME'
  | 'UNPROTECT_USERNAME'
  | 'ERASE_DETAILS'

/** LOCKED: refused after too many failures, without a look at the password. */
export type AuditResult = 'SUCCESS' | 'FAILURE' | 'LOCKED'

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
