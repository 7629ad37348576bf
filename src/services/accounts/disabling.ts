// Disables an account and enables it again, for administrators and operators.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import { type Actor, type AuditTrail, OPERATOR } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { SessionEndings } from '../sessions/index.js'
import { lastAdmin } from './roles.js'

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  deletions: DeletionRepository
  endings: SessionEndings
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

const oneself = () =>
  new ServiceError('FORBIDDEN', { message: "You can't disable your own account. Another administrator can." })

/** Who did it, as events say. */
const byOf = (admin: Actor | null) => (admin ? 'admin' : 'operator')

export type Disabling = ReturnType<typeof createDisabling>

export function createDisabling(dependencies: Dependencies) {
  const { transactions, users, deletions, endings, revocations, audit, events, clock } = dependencies

  /** Returns all administrators, locked. Throws FORBIDDEN if the actor is not one of them anymore. */
  async function lockAdmins(tx: Tx, admin: Actor | null): Promise<string[]> {
    const admins = await users.lockAdmins(tx)
    if (admin && !(admin.id && admins.includes(admin.id))) throw new ServiceError('FORBIDDEN')
    return admins
  }

  async function recordDisabled(tx: Tx, id: string, admin: Actor | null, ended: number): Promise<void> {
    const facts = { sessions: String(ended) }
    await audit.record(tx, { action: 'DISABLE_USER', actor: admin ?? OPERATOR, accountId: id, facts })
    await events.record(tx, id, { type: 'user.disabled', data: { by: byOf(admin) } })
  }

  return {
    /**
     * Ends every session of the user everywhere, and lets them start none. Returns how many sessions it ended, or null if
     * the user was disabled before. An account that is being deleted stays disabled if its user comes back. `admin`: the
     * administrator who does it, or null for an operator. Throws NOT_FOUND; and FORBIDDEN for the last administrator, for
     * the actor's own account, or if the actor is no longer an administrator.
     */
    async disable(userId: string, admin: Actor | null): Promise<number | null> {
      if (admin?.id === userId) throw oneself()
      const ended = await transactions.run(async (tx) => {
        // Locked first, as in every change of a role: of two administrators who disable each other, one stays.
        const admins = await lockAdmins(tx, admin)
        const user = await users.lock(tx, { id: userId })
        if (!user) throw new ServiceError('NOT_FOUND')
        if (user.disabledAt) {
          if (!(await deletions.keepDisabled(tx, userId))) return null
          await recordDisabled(tx, userId, admin, 0)
          return { count: 0, revocation: null }
        }
        if (admins.length === 1 && admins[0] === userId) throw lastAdmin()
        const ended = await endings.endGeneration(tx, user, { reason: 'user_disabled', disabledAt: clock() })
        if (!ended) return null
        await recordDisabled(tx, userId, admin, ended.count)
        return ended
      })
      if (ended?.revocation) await revocations.deliver(ended.revocation)
      return ended?.count ?? null
    },

    /**
     * Lets a disabled user sign in again, and cancels a deletion. Returns false if they were enabled. Throws NOT_FOUND, and
     * FORBIDDEN if the actor is no longer an administrator.
     */
    async enable(userId: string, admin: Actor | null): Promise<boolean> {
      return transactions.run(async (tx) => {
        if (admin) await lockAdmins(tx, admin)
        const user = await users.lock(tx, { id: userId })
        if (!user) throw new ServiceError('NOT_FOUND')
        if (user.disabledAt === null || !(await users.raiseGeneration(tx, user, { disabledAt: null }, clock())))
          return false
        const entry = { actor: admin ?? OPERATOR, accountId: userId }
        if (await deletions.cancel(tx, userId, null)) {
          await audit.record(tx, { ...entry, action: 'CANCEL_ACCOUNT_DELETION' })
          await events.record(tx, userId, { type: 'user.deletion_canceled', data: { by: byOf(admin) } })
        }
        await audit.record(tx, { ...entry, action: 'ENABLE_USER' })
        await events.record(tx, userId, { type: 'user.enabled', data: { by: byOf(admin) } })
        return true
      })
    },
  }
}
