// Ends every session of every user, after a backup was restored.
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { EverySessionRepository } from '../../repositories/sessions/every-session.js'
import type { AuditTrail } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'

/** Users per transaction. */
const BATCH = 500

/**
 * The backup does not know how often each generation was raised since. No user's is raised this often between a backup and
 * the failure.
 */
const GENERATIONS = 1000

export type EndEveryone = ReturnType<typeof createEndEveryone>

export function createEndEveryone({
  transaction,
  everySession,
  revocations,
  audit,
  events,
  clock,
}: {
  transaction: MysqlTransaction
  everySession: EverySessionRepository
  revocations: Pick<RevocationService, 'recordAll'>
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}) {
  async function end(userIds: readonly string[]): Promise<number> {
    return transaction(async (tx) => {
      const raised = await everySession.raiseGenerations(tx, userIds, GENERATIONS, clock())
      const reason = 'revoked_by_admin'
      const requests = raised.map(({ id, generation }) => ({
        ...{ scope: 'user' as const, sub: id, gen: generation, reason },
      }))
      const event = { type: 'session.revoked', data: { sessionId: null, except: null, reason } } as const
      await events.recordAll(
        tx,
        raised.map(({ id: userId }) => ({ userId, event })),
      )
      await revocations.recordAll(tx, requests)
      const accounts = userIds.map((id) => ({ id, facts: { reason: 'every user' } }))
      await audit.recordAll(tx, 'REVOKE_USER_SESSIONS', accounts)
      return everySession.endAll(tx, userIds, clock())
    })
  }

  /**
   * Returns how many sessions it ended, of how many users. In batches: if it is interrupted, the next call ends the rest.
   * The relay delivers the revocations.
   */
  return async (): Promise<{ sessions: number; users: number }> => {
    const ended = { sessions: 0, users: 0 }
    for (let after = ''; ;) {
      const userIds = await everySession.usersAfter(after, BATCH, clock())
      const last = userIds.at(-1)
      if (last === undefined) return ended
      ended.sessions += await end(userIds)
      ended.users += userIds.length
      after = last
    }
  }
}
