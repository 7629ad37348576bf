// The two tokens of a session: an access token, and a refresh token to get the next one.
import type { Amr } from '@postern/contract/claims'
import type { UserRecord } from '../../repositories/accounts/users.js'
import type { RefreshTokens, TokenService } from '../tokens/index.js'
import type { SecondFactorRule } from './second-factor-rule.js'

export interface IssuedSession {
  token: string
  refreshToken: string
  /** When the access token expires. */
  expiresAt: Date
  /** When the session expires unless it is refreshed. */
  refreshExpiresAt: Date
  /** The scheme of the Authorization header: `DPoP` if the tokens are bound to a key. */
  tokenType: 'Bearer' | 'DPoP'
}

/** What the tokens of a session are made from. */
interface Session {
  id: string
  counter: number
  seed: Uint8Array
  jti: string
  refreshExpiresAt: Date
  /** When and how the person has proved who they are. */
  authTime: Date
  amr: readonly Amr[]
  /** The thumbprint of the key that the session is bound to, for as long as it lives. Null: to none. */
  dpopKey: string | null
}

export type SessionTokens = ReturnType<typeof createSessionTokens>

export function createSessionTokens(access: TokenService, refresh: RefreshTokens, lacksFactor: SecondFactorRule) {
  return {
    access,
    refresh,
    issue(session: Session, user: Pick<UserRecord, 'id' | 'generation' | 'role'>): IssuedSession {
      const { id: sessionId, jti, refreshExpiresAt, authTime, amr, dpopKey } = session
      // Other services grant by role, and can't know that it requires a second factor here.
      const roles = lacksFactor(user.role, amr) ? [] : [user.role]
      const issued = access.issue({
        ...{ userId: user.id, sessionId, jti, generation: user.generation, roles, authTime, amr, dpopKey },
      })
      const tokenType = dpopKey === null ? 'Bearer' : 'DPoP'
      return { ...issued, refreshToken: refresh.derive(session), refreshExpiresAt, tokenType }
    },
  }
}
