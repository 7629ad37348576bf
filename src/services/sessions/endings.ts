// Every way to end sessions and revoke their tokens.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import type { SecurityChanges, UserRepository, UserVersion } from '../../repositories/accounts/users.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import type { StoredRevocation } from '../../repositories/revocations/revocations.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import { type Actor, type AuditEvent, type AuditTrail, OPERATOR, userActor } from '../audit/index.js'
import type { AnyNewEvent, EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { Viewer } from './sessions.js'

/** How a generation ends: why, with which changes of the user, and which session stays active. */
interface GenerationEnd extends SecurityChanges {
  reason: string
  except?: string
}

export type SessionEndings = ReturnType<typeof createSessionEndings>

export function createSessionEndings({
  transactions,
  transaction,
  repositories,
  revocations,
  audit,
  events,
  clock,
}: {
  transactions: Transactions
  transaction: MysqlTransaction
  repositories: { users: UserRepository; sessions: SessionRepository }
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}) {
  const { users, sessions } = repositories

  /**
   * Ends one active session of the user and revokes its access tokens. Returns false if there is none. `why`: what has
   * happened to the session before.
   */
  async function end(
    session: { id: string; userId: string; jti?: string },
    reason: string,
    by: Pick<AuditEvent, 'action' | 'result' | 'actor'>,
    ...why: readonly AnyNewEvent[]
  ): Promise<boolean> {
    const { id, userId } = session
    const revoked = { type: 'session.revoked', data: { sessionId: id, except: null, reason } } as const
    const revocation = await transaction(async (tx) => {
      // First: it locks the user's row, as other changes do before they lock sessions.
      const recorded = await events.record(tx, userId, ...why, revoked)
      if (!(await sessions.end(tx, { id, userId }, clock()))) {
        await events.withdraw(tx, userId, recorded)
        return null
      }
      const jti = session.jti ?? (await sessions.lastJti(tx, id))
      await audit.record(tx, { ...by, accountId: userId, facts: { session: id } })
      return revocations.record(tx, { scope: 'session', sid: id, jti, sub: userId, reason })
    })
    if (revocation) await revocations.deliver(revocation)
    return revocation !== null
  }

  /**
   * Raises the user's generation, in the caller's transaction: ends their sessions, those that a login is starting right
   * now too, and revokes their tokens. The caller delivers the revocation after the commit. Returns null if another
   * request has raised it first.
   */
  async function endGeneration(
    tx: Tx,
    user: UserVersion,
    { reason, except, ...changes }: GenerationEnd,
  ): Promise<{ count: number; revocation: StoredRevocation } | null> {
    if (!(await users.raiseGeneration(tx, user, changes, clock()))) return null
    const count = await sessions.endAll(tx, { userId: user.id, except: except ?? null }, clock())
    await events.record(tx, user.id, {
      type: 'session.revoked',
      data: { sessionId: null, except: except ?? null, reason },
    })
    const revocation = { scope: 'user', sub: user.id, gen: user.generation + 1, reason } as const
    return { count, revocation: await revocations.record(tx, revocation) }
  }

  /** Ends the other active sessions of a user, in the caller's transaction, which has locked the user. The caller delivers. */
  async function endOthers(
    tx: Statements,
    { userId, except }: { userId: string; except: string },
    reason: string,
  ): Promise<StoredRevocation[]> {
    const recorded: StoredRevocation[] = []
    for (const { id: sid, lastJti: jti } of await sessions.endOthers(tx, { userId, except }, clock()))
      recorded.push(await revocations.record(tx, { scope: 'session', sid, jti, sub: userId, reason }))
    await events.record(tx, userId, { type: 'session.revoked', data: { sessionId: null, except, reason } })
    return recorded
  }

  async function endAll(
    user: UserVersion,
    reason: string,
    by: Pick<AuditEvent, 'action' | 'actor'>,
  ): Promise<number | null> {
    const ended = await transactions.run(async (tx) => {
      const ended = await endGeneration(tx, user, { reason })
      const facts = { sessions: String(ended?.count) }
      if (ended) await audit.record(tx, { ...by, accountId: user.id, facts })
      return ended
    })
    if (ended) await revocations.deliver(ended.revocation)
    return ended?.count ?? null
  }

  return {
    end,
    endGeneration,
    endOthers,

    /** Ends one session of a user, for administrators and operators. Returns false if it has ended or is another user's. */
    revokeOne: (userId: string, id: string, actor: Actor = OPERATOR): Promise<boolean> =>
      end({ id, userId }, 'revoked_by_admin', { action: 'REVOKE_SESSION', actor }),

    /** Ends the viewer's session. If another request has just ended it, that one delivers the revocation. */
    async logout(viewer: Viewer): Promise<void> {
      const { user, sessionId, jti } = viewer
      const by = { action: 'LOGOUT', actor: userActor(viewer) } as const
      await end({ id: sessionId, userId: user.id, jti }, 'logout', by)
    },

    /** Ends one of the viewer's sessions. Throws NOT_FOUND if it has ended, doesn't exist or is another user's. */
    async revoke(viewer: Viewer, id: string): Promise<void> {
      const by = { action: 'REVOKE_SESSION', actor: userActor(viewer) } as const
      if (!(await end({ id, userId: viewer.user.id }, 'session_revoked', by))) throw new ServiceError('NOT_FOUND')
    },

    /** Ends all sessions of the viewer, the current one too, and returns how many there were. */
    async logoutAll(viewer: Viewer): Promise<number> {
      return (await endAll(viewer.user, 'logout_all', { action: 'LOGOUT_ALL', actor: userActor(viewer) })) ?? 0
    },

    /** Ends all sessions of any user, for administrators and operators, and returns how many there were. Throws NOT_FOUND. */
    async revokeAllOf(userId: string, actor: Actor = OPERATOR): Promise<number> {
      for (;;) {
        const user = await users.findById(userId)
        if (!user) throw new ServiceError('NOT_FOUND')
        const count = await endAll(user, 'revoked_by_admin', { action: 'REVOKE_USER_SESSIONS', actor })
        if (count !== null) return count
      }
    },
  }
}
