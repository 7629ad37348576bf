import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import { AuthError } from '../../platform/errors.js'
import type { ListedSession, SessionRepository } from '../../repositories/sessions/sessions.js'
import type { SignInRepository } from '../../repositories/sessions/sign-ins.js'
import type { StoredRevocation } from '../../repositories/revocations/revocations.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRecord, UserRepository, UserVersion } from '../../repositories/accounts/users.js'
import { isId } from '../../platform/ids.js'
import { addSeconds, type Clock } from '../../platform/clock.js'
import type { RefreshTokens, TokenService } from '../tokens/index.js'
import type { RevocationService } from '../revocations/index.js'

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
  /** When the access token expires. */
  expiresAt: Date
  /** When the session ends unless it is refreshed before. */
  refreshExpiresAt: Date
}

export type SessionTokens = ReturnType<typeof createSessionTokens>

/** The two tokens of a session. */
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

interface Dependencies {
  transactions: Transactions
  repositories: { users: UserRepository; sessions: SessionRepository; signIns: SignInRepository }
  tokens: SessionTokens
  revocations: RevocationService
  /** Lifetimes in seconds, and how many sessions a user may have. */
  limits: { idleTtl: number; absoluteTtl: number; perUser: number }
  clock: Clock
}

export type SessionService = ReturnType<typeof createSessionService>

export function createSessionService(dependencies: Dependencies) {
  const { transactions, repositories, tokens, revocations, limits, clock } = dependencies
  const { idleTtl, absoluteTtl, perUser } = limits
  const { users, sessions, signIns } = repositories

  /**
   * Ends what is over the limit, oldest first. Should the process die before, the session too many is one whose tokens
   * nobody was given, and the next sign-in ends it.
   */
  async function makeRoom(userId: string, now: Date): Promise<void> {
    const ended = await transactions.run(async (tx) => {
      // Two sign-ins at once wait for one another, so that no session is ended twice.
      await users.lock(tx, { id: userId })
      const recorded: StoredRevocation[] = []
      for (const { id: sid, lastJti: jti } of await sessions.endOldest(tx, userId, perUser, now))
        recorded.push(
          await revocations.record(tx, { scope: 'session', sid, jti, sub: userId, reason: 'too_many_sessions' }),
        )
      return recorded
    })
    await Promise.all(ended.map((revocation) => revocations.deliver(revocation)))
  }

  return {
    /**
     * Starts a session for a user whose password was verified while at `generation`. Throws UNAUTHENTICATED when that
     * generation is over by now: the password that was verified may be the old one.
     */
    async start(user: UserVersion, client: Client): Promise<IssuedSession & { user: UserRecord }> {
      const now = clock()
      const [id, jti, seed] = [uuidv7(), uuidv7(), randomBytes(32)]
      const refreshExpiresAt = addSeconds(now, Math.min(idleTtl, absoluteTtl))
      const signIn = await signIns.insert(user, {
        ...{ id, refreshSeed: seed, lastJti: jti, now, ...client },
        expiresAt: refreshExpiresAt,
        absoluteExpiresAt: addSeconds(now, absoluteTtl),
      })
      if (!signIn) throw new AuthError('UNAUTHENTICATED')
      if (signIn.sessionCount > perUser) await makeRoom(user.id, now)
      return { ...tokens.issue({ id, counter: 0, seed, jti, refreshExpiresAt }, signIn.user), user: signIn.user }
    },

    /**
     * Who an access token speaks for, by the living session row in MySQL: nothing that Redis says or forgets matters.
     * Throws UNAUTHENTICATED, and SERVICE_UNAVAILABLE when MySQL is away.
     */
    async authenticate(token: string): Promise<Viewer> {
      const { sub, sid, jti, gen } = tokens.access.verify(token)
      const user = isId(sid) ? await sessions.findLivingUser(sid, clock()) : null
      if (user?.id !== sub || user.generation !== gen) throw new AuthError('UNAUTHENTICATED')
      return { user, sessionId: sid, jti }
    },

    /** The viewer's living sessions, the one used last first. */
    async list({ user, sessionId }: Viewer): Promise<(ListedSession & { current: boolean })[]> {
      const living = await sessions.listLiving(user.id, clock())
      return living.map((session) => ({ ...session, current: session.id === sessionId }))
    },
  }
}
