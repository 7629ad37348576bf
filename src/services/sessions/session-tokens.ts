// The two tokens of a session: an access token, and a refresh token to get the next one.
import type { UserRecord } from '../../repositories/accounts/users.js'
import type { RefreshTokens, TokenService } from '../tokens/index.js'

export interface IssuedSession {
  token: string
  refreshToken: string
  /** When the access token expires. */
  expiresAt: Date
  /** When the session expires unless it is refreshed. */
  refreshExpiresAt: Date
}

export type SessionTokens = ReturnType<typeof createSessionTokens>

export function createSessionTokens(access: TokenService, refresh: RefreshTokens) {
  return {
    access,
    refresh,
    issue(
      session: { id: string; counter: number; seed: Uint8Array; jti: string; refreshExpiresAt: Date },
      user: Pick<UserRecord, 'id' | 'generation' | 'role'>,
    ): IssuedSession {
      const { id: sessionId, jti, refreshExpiresAt } = session
      const roles = [user.role]
      const issued = access.issue({ userId: user.id, sessionId, jti, generation: user.generation, roles })
      return { ...issued, refreshToken: refresh.derive(session), refreshExpiresAt }
    },
  }
}
