// Finds out from the audit log why a session has ended.
import type { AuditRecord } from '../audit/index.js'

export type EndReason =
  | 'LOGOUT'
  | 'LOGOUT_ALL'
  | 'SESSION_REVOKED'
  | 'REVOKED_BY_ADMIN'
  | 'TOO_MANY_SESSIONS'
  | 'REFRESH_TOKEN_REUSED'
  | 'PASSWORD_CHANGED'
  | 'PASSWORD_RESET'
  | 'EMAIL_CHANGED'
  | 'ROLE_CHANGED'
  | 'USER_DISABLED'
  | 'ACCOUNT_DELETED'
  | 'EXPIRED'
  | 'OTHER'

/** The actions that end the session that they name. */
const OF_ONE_SESSION: Partial<Record<AuditRecord['action'], (entry: AuditRecord) => EndReason>> = {
  LOGOUT: () => 'LOGOUT',
  REUSE_REFRESH_TOKEN: () => 'REFRESH_TOKEN_REUSED',
  REVOKE_SESSION({ actor, facts }) {
    if (facts['reason'] === 'too_many_sessions') return 'TOO_MANY_SESSIONS'
    return actor === 'USER' ? 'SESSION_REVOKED' : 'REVOKED_BY_ADMIN'
  },
}

/** The actions that end all sessions of the account, or all others. */
const OF_THE_ACCOUNT: Partial<Record<AuditRecord['action'], EndReason>> = {
  LOGOUT_ALL: 'LOGOUT_ALL',
  REVOKE_USER_SESSIONS: 'REVOKED_BY_ADMIN',
  CHANGE_PASSWORD: 'PASSWORD_CHANGED',
  RESET_PASSWORD: 'PASSWORD_RESET',
  CHANGE_EMAIL: 'EMAIL_CHANGED',
  SET_ROLE: 'ROLE_CHANGED',
  DISABLE_USER: 'USER_DISABLED',
  REQUEST_ACCOUNT_DELETION: 'ACCOUNT_DELETED',
  DELETE_ACCOUNT: 'ACCOUNT_DELETED',
}

/** `entries`: those of the account, the oldest first. The newest one that fits is the reason. */
export function reasonOf(sessionId: string, entries: readonly AuditRecord[], isExpired: boolean): EndReason {
  const named = entries.findLast(({ action, facts }) => facts['session'] === sessionId && action in OF_ONE_SESSION)
  if (named) return OF_ONE_SESSION[named.action]?.(named) ?? 'OTHER'
  const general = entries.findLast(({ action, result }) => result === 'SUCCESS' && action in OF_THE_ACCOUNT)
  return (general && OF_THE_ACCOUNT[general.action]) ?? (isExpired ? 'EXPIRED' : 'OTHER')
}
