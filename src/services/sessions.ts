import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { AuthError } from '../errors.js'
import type { SessionRepository } from '../repositories/sessions.js'
import type { Transactions } from '../repositories/transactions.js'
import type { UserRecord, UserRepository, UserVersion } from '../repositories/users.js'
import { addSeconds, type Clock } from './clock.js'
import { deriveRefreshToken } from './refresh-tokens.js'
import type { RevocationService } from './revocations.js'
import type { TokenService } from './tokens.js'

/** Who asks, as far as the request shows. */
export interface Client {
  ipAddress: string | null
  userAgent: string | null
}

/** The signed-in user, the session and the token by which they are known. */
export interface Viewer {
  user: UserRecord
  sessionId: string
  jti: string
}

export interface IssuedSession {
  token: string
  refreshToken: string
  expiresAt: Date
}

interface Dependencies {
  transactions: Transactions
  store: { users: UserRepository; sessions: SessionRepository }
  tokens: TokenService
  revocations: RevocationService
  /** Lives in seconds; the key of the refresh tokens. */
  settings: { idleTtl: number; absoluteTtl: number; refreshKey: string; clock: Clock }
}

export type SessionService = ReturnType<typeof createSessionService>

export function createSessionService({ transactions, store, tokens, revocations, settings }: Dependencies) {
  const { clock, idleTtl, absoluteTtl, refreshKey } = settings

  return {
    /**
     * Starts a session for a user whose password was verified while at `generation`. Throws UNAUTHENTICATED when that
     * generation is over by now: the password that was verified may be the old one.
     */
    async start(user: UserVersion, client: Client): Promise<IssuedSession & { user: UserRecord }> {
      const now = clock()
      const [id, lastJti, refreshSeed] = [uuidv7(), uuidv7(), new Uint8Array(randomBytes(32))]
      await transactions.run(async (tx) => {
        if (!(await store.users.signIn(tx, user, now))) throw new AuthError('UNAUTHENTICATED')
        await store.sessions.insert(tx, {
          ...{ id, userId: user.id, generation: user.generation, refreshSeed, lastJti, now, ...client },
          expiresAt: addSeconds(now, Math.min(idleTtl, absoluteTtl)),
          absoluteExpiresAt: addSeconds(now, absoluteTtl),
        })
      })
      const record = await store.sessions.findLivingUser(id, now)
      if (!record) throw new AuthError('UNAUTHENTICATED')
      const { token, expiresAt } = tokens.issue({
        ...{ userId: user.id, sessionId: id, jti: lastJti, generation: user.generation, roles: [record.role] },
      })
      const refreshToken = deriveRefreshToken(refreshKey, { id, counter: 0, seed: refreshSeed })
      return { token, refreshToken, expiresAt, user: record }
    },

    /**
     * Who an access token speaks for, by the living session row in MySQL: nothing that Redis says or forgets matters.
     * Throws UNAUTHENTICATED, and SERVICE_UNAVAILABLE when MySQL is away.
     */
    async authenticate(token: string): Promise<Viewer> {
      const { sub, sid, jti, gen } = tokens.verify(token)
      const user = await store.sessions.findLivingUser(sid, clock())
      if (user?.id !== sub || user.generation !== gen) throw new AuthError('UNAUTHENTICATED')
      return { user, sessionId: sid, jti }
    },

    /** Ends the viewer's session. Resolves once that is committed, whether or not Redis has heard of it. */
    async logout({ user, sessionId, jti }: Viewer): Promise<void> {
      const revocation = await transactions.run(async (tx) => {
        const ended = await store.sessions.end(tx, sessionId, clock())
        if (!ended) return null
        return revocations.record(tx, { scope: 'session', sid: sessionId, jti, sub: user.id, reason: 'logout' })
      })
      // Null: another request ended it in this moment, and delivers.
      if (revocation) await revocations.deliver(revocation)
    },
  }
}
