// What an operator does with an account: find it, disable it, enable it.
import { canonicalUsername } from '@postern/contract/usernames'
import { AuthError } from '../../platform/errors.js'
import type { Clock } from '../../platform/clock.js'
import { foldedForms } from '../../platform/emails.js'
import { isId } from '../../platform/ids.js'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { FoundUser, UserKey, UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import type { ListedSession, SessionRepository } from '../../repositories/sessions/sessions.js'
import { type AuditTrail, OPERATOR } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { SessionEndings } from '../sessions/index.js'
import { lastAdmin } from './roles.js'

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  deletions: DeletionRepository
  sessions: SessionRepository
  endings: SessionEndings
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

const notFound = (name: string) => new AuthError('NOT_FOUND', { message: `There is no user ${name}.` })

/** An id, an email address, or a username. The column of usernames is ASCII. */
function keyOf(name: string): UserKey | null {
  if (isId(name)) return { id: name }
  if (name.includes('@')) return { email: foldedForms(name) }
  return /^[\x21-\x7e]+$/.test(name) ? { canonical: canonicalUsername(name) } : null
}

export type OperationService = ReturnType<typeof createOperationService>

export function createOperationService(dependencies: Dependencies) {
  const { transactions, users, deletions, sessions, endings, revocations, audit, events, clock } = dependencies

  /** `name` is an id, an email address or a username. Throws NOT_FOUND. */
  async function find(name: string): Promise<FoundUser> {
    const key = keyOf(name)
    const user = key && (await users.find(key))
    if (!user) throw notFound(name)
    return user
  }

  async function recordDisabled(tx: Tx, id: string, ended: number): Promise<void> {
    const facts = { sessions: String(ended) }
    await audit.record(tx, { action: 'DISABLE_USER', actor: OPERATOR, accountId: id, facts })
    await events.record(tx, id, { type: 'user.disabled', data: { by: 'operator' } })
  }

  return {
    find,

    /** When the account is erased. Null if it is not being deleted. */
    deletionOf: (userId: string): Promise<Date | null> => deletions.findPending(userId),

    /** The active sessions of a user, the most recently used first. */
    sessionsOf: (userId: string): Promise<ListedSession[]> => sessions.listActive(userId, clock()),

    /**
     * Ends every session of the user everywhere, and lets them start none. Returns how many sessions it ended, or null if
     * the user was disabled before. An account that is being deleted stays disabled if its user comes back. Throws NOT_FOUND,
     * and FORBIDDEN for the last administrator.
     */
    async disable(name: string): Promise<number | null> {
      const { id } = await find(name)
      const ended = await transactions.run(async (tx) => {
        // Locked first, as in every change of a role.
        const admins = await users.lockAdmins(tx)
        const user = await users.lock(tx, { id })
        if (!user) throw notFound(name)
        if (user.disabledAt) {
          if (!(await deletions.keepDisabled(tx, id))) return null
          await recordDisabled(tx, id, 0)
          return { count: 0, revocation: null }
        }
        if (admins.length === 1 && admins[0] === id) throw lastAdmin()
        const ended = await endings.endGeneration(tx, user, { reason: 'user_disabled', disabledAt: clock() })
        if (!ended) return null
        await recordDisabled(tx, id, ended.count)
        return ended
      })
      if (ended?.revocation) await revocations.deliver(ended.revocation)
      return ended?.count ?? null
    },

    /** Lets a disabled user sign in again, and cancels a deletion. Returns false if they were enabled. Throws NOT_FOUND. */
    async enable(name: string): Promise<boolean> {
      const { id } = await find(name)
      return transactions.run(async (tx) => {
        const user = await users.lock(tx, { id })
        if (!user) throw notFound(name)
        if (user.disabledAt === null || !(await users.raiseGeneration(tx, user, { disabledAt: null }, clock())))
          return false
        if (await deletions.cancel(tx, id, null)) {
          await audit.record(tx, { action: 'CANCEL_ACCOUNT_DELETION', actor: OPERATOR, accountId: id })
          await events.record(tx, id, { type: 'user.deletion_canceled', data: { by: 'operator' } })
        }
        await audit.record(tx, { action: 'ENABLE_USER', actor: OPERATOR, accountId: id })
        await events.record(tx, id, { type: 'user.enabled', data: { by: 'operator' } })
        return true
      })
    },
  }
}
