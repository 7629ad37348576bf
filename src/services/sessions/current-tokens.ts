// Decides whether an active session still accepts an access token.
import type { Claims } from '@postern/contract/claims'
import { unixSeconds } from '@postern/service/clock'
import type { ActiveUser } from '../../repositories/sessions/sessions.js'

/**
 * `active`: the session that the verified token names. False for a token of an earlier generation, or from before the last
 * proof of who the user is. The proof must be the same one: clocks of two servers can't tell which of two is later.
 */
export function isCurrent(
  { sub, gen, auth_time: authTime, amr }: Pick<Claims, 'sub' | 'gen' | 'auth_time' | 'amr'>,
  { user, provedAt }: ActiveUser,
): boolean {
  if (user.id !== sub || user.generation !== gen) return false
  // Tokens and sessions of earlier versions say nothing about proofs.
  return amr === undefined || provedAt === null || authTime === unixSeconds(provedAt)
}
