// Rotation of refresh tokens: each works once, and a second use is either a second tab or a thief.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import { inBatches } from '@postern/service/batches'
import type { RefreshableSession, SessionRepository } from '../../repositories/sessions/sessions.js'
import { unknownActor } from '../audit/index.js'
import type { CallLimits } from '../limits/index.js'
import type { ParsedRefreshToken } from '../tokens/index.js'
import {
  type Client,
  type IssuedSession,
  SESSION_BATCHES,
  type SessionEndings,
  type SessionTokens,
} from '../sessions/index.js'

/** Called for each event that an operator should see. */
export type SecurityEvent = (event: string, facts: { userId: string; sessionId: string }) => void

interface Dependencies {
  sessions: SessionRepository
  endings: SessionEndings
  tokens: SessionTokens
  /** In seconds. */
  lifetimes: { grace: number; clockSkew: number; idleTtl: number }
  limits: Pick<CallLimits, 'count'>
  onSecurityEvent: SecurityEvent
  clock: Clock
}

export type RefreshService = ReturnType<typeof createRefreshService>

export function createRefreshService(dependencies: Dependencies) {
  const { sessions, endings, tokens, limits, onSecurityEvent, clock } = dependencies
  const { grace, clockSkew, idleTtl } = dependencies.lifetimes

  const findRefreshable = inBatches((ids) => sessions.findRefreshable(ids, clock()), SESSION_BATCHES)

  /** Reads the active session from the primary. Throws UNAUTHENTICATED if there is none, or if the token is not its own. */
  async function find(token: ParsedRefreshToken, userId: string | null): Promise<RefreshableSession> {
    const session = await findRefreshable(token.sessionId)
    const genuine = session !== undefined && tokens.refresh.isGenuine(token, session.refreshSeed)
    if (!genuine || (userId !== null && userId !== session.user.id)) throw new ServiceError('UNAUTHENTICATED')
    return session
  }

  /** A rotation in the future is as recent as the clocks of two servers can differ; otherwise, the clock was set back. */
  function isJustNow(rotatedAt: Date): boolean {
    const age = (clock().getTime() - rotatedAt.getTime()) / 1000
    return age < grace && age >= -Math.min(grace, clockSkew)
  }

  /**
   * Throws INVALID_DPOP_PROOF if the session is bound to a key and the client has not proved to hold it. Nothing else happens
   * then: a thief without the key can't use the token, and must not be able to end the session of its owner with it either.
   */
  async function requireKey({ dpopKey }: RefreshableSession, client: Client): Promise<void> {
    if (dpopKey === null) return
    const key = await client.provenKey()
    if (key?.thumbprint === dpopKey) return key.use()
    const message = 'This refresh token is bound to a key: send a proof of it in the DPoP header.'
    throw new ServiceError('INVALID_DPOP_PROOF', { message })
  }

  function issue(session: RefreshableSession, counter: number, jti: string, expiresAt: Date): IssuedSession {
    const { id, refreshSeed: seed, user, authTime, amr, dpopKey } = session
    return tokens.issue({ id, counter, seed, jti, refreshExpiresAt: expiresAt, authTime, amr, dpopKey }, user)
  }

  return {
    /**
     * Throws UNAUTHENTICATED for a token that is not genuine, not this user's, or of a session that has ended. For one that
     * was used before, and not just now, it ends the session and throws REFRESH_TOKEN_REUSED. Throws RATE_LIMITED, and
     * INVALID_DPOP_PROOF unless the client has proved to hold the key of the session, if it has one.
     */
    async refresh(text: string, userId: string | null, client: Client): Promise<IssuedSession> {
      const token = tokens.refresh.parse(text)
      if (!token) throw new ServiceError('UNAUTHENTICATED')
      const session = await find(token, userId)
      await requireKey(session, client)
      // Not before: only a genuine token shows whose limit this is.
      await limits.count('refreshToken', 'SESSION', session.id)
      const now = clock()
      const next = token.counter + 1
      const jti = uuidv7()
      const expiresAt = new Date(Math.min(addSeconds(now, idleTtl).getTime(), session.absoluteExpiresAt.getTime()))
      const rotation = { id: session.id, counter: next, jti, now, expiresAt }
      if (await sessions.rotate(rotation)) return issue(session, next, jti, expiresAt)

      const current = await find(token, userId)
      if (current.counter === next && isJustNow(current.rotatedAt)) return issue(current, next, jti, current.expiresAt)

      const by = { action: 'REUSE_REFRESH_TOKEN', result: 'FAILURE', actor: unknownActor(client) } as const
      const reused = { type: 'session.reuse_detected', data: { sessionId: session.id } } as const
      await endings.end({ id: session.id, userId: session.user.id }, 'refresh_token_reused', by, reused)
      onSecurityEvent('refresh_token_reused', { userId: session.user.id, sessionId: session.id })
      throw new ServiceError('REFRESH_TOKEN_REUSED')
    },
  }
}
