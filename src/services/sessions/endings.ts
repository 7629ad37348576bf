import { AuthError } from '../../platform/errors.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRepository, UserVersion } from '../../repositories/accounts/users.js'
import type { Clock } from '../../platform/clock.js'
import type { RevocationService } from '../revocations/index.js'
import type { Viewer } from './sessions.js'

export type SessionEndings = ReturnType<typeof createSessionEndings>

/** Every way in which sessions end by somebody's will. Each resolves once that is committed. */
export function createSessionEndings({
  transactions,
  repositories,
  revocations,
  clock,
}: {
  transactions: Transactions
  repositories: { users: UserRepository; sessions: SessionRepository }
  revocations: RevocationService
  clock: Clock
}) {
  const { users, sessions } = repositories

  /** Ends one living session of the user, and its access tokens with it; false when there is none. */
  async function end(session: { id: string; userId: string; jti?: string }, reason: string): Promise<boolean> {
    const { id, userId } = session
    const revocation = await transactions.run(async (tx) => {
      const lastJti = await sessions.end(tx, { id, userId }, clock())
      if (lastJti === null) return null
      return revocations.record(tx, { scope: 'session', sid: id, jti: session.jti ?? lastJti, sub: userId, reason })
    })
    if (revocation) await revocations.deliver(revocation)
    return revocation !== null
  }

  /** Raises the generation: sessions that a login is starting in this moment end as well. Null: a rival was faster. */
  async function endAll(user: UserVersion, reason: string): Promise<number | null> {
    const ended = await transactions.run(async (tx) => {
      if (!(await users.raiseGeneration(tx, user, {}, clock()))) return null
      const count = await sessions.endAll(tx, user.id, clock())
      const gen = user.generation + 1
      return { count, revocation: await revocations.record(tx, { scope: 'user', sub: user.id, gen, reason }) }
    })
    if (ended) await revocations.deliver(ended.revocation)
    return ended?.count ?? null
  }

  return {
    end,

    /** The viewer's own session. True as well when another request ended it in this moment: that one delivers. */
    async logout({ user, sessionId, jti }: Viewer): Promise<void> {
      await end({ id: sessionId, userId: user.id, jti }, 'logout')
    },

    /** One of the viewer's own. Throws NOT_FOUND for one that is over, absent or somebody else's, all alike. */
    async revoke({ user }: Viewer, id: string): Promise<void> {
      if (!(await end({ id, userId: user.id }, 'session_revoked'))) throw new AuthError('NOT_FOUND')
    },

    /** All of the viewer's own, the current one included; returns how many there were. */
    async logoutAll({ user }: Viewer): Promise<number> {
      return (await endAll(user, 'logout_all')) ?? 0
    },

    /** All of anybody's, for administrators. Throws NOT_FOUND. */
    async revokeAllOf(userId: string): Promise<number> {
      for (;;) {
        const user = await users.findById(userId)
        if (!user) throw new AuthError('NOT_FOUND')
        const count = await endAll(user, 'revoked_by_admin')
        if (count !== null) return count
      }
    },
  }
}
