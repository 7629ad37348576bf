// Deleting an account: at once, or after a grace period in which its user can come back.
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import { type Actor, type AuditTrail, OPERATOR, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { SessionEndings, Viewer } from '../sessions/index.js'
import { hashOfToken, type LinkTokenOf } from '../verification/index.js'
import type { EraseAccount } from './erasure.js'
import type { ConfirmOwner } from './owner-confirmation.js'
import { lastAdmin } from './roles.js'

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  deletions: DeletionRepository
  confirmOwner: ConfirmOwner
  eraseAccount: EraseAccount
  endings: SessionEndings
  revocations: RevocationService
  linkTokenOf: LinkTokenOf
  audit: AuditTrail
  events: EventTrail
  /** Seconds between the request and the erasure. 0: at once. */
  grace: number
  clock: Clock
}

export type DeletionService = ReturnType<typeof createDeletionService>

export function createDeletionService(dependencies: Dependencies) {
  const { transactions, users, deletions, confirmOwner, eraseAccount, endings, revocations } = dependencies
  const { linkTokenOf, audit, events, grace, clock } = dependencies

  /** Disables the account. The mail of its event has the link that cancels the deletion. */
  async function schedule(tx: Tx, viewer: Viewer) {
    const { user } = viewer
    const now = clock()
    const dueAt = addSeconds(now, grace)
    const ended = await endings.endGeneration(tx, user, { reason: 'deletion_requested', disabledAt: now })
    if (!ended) throw new ServiceError('UNAUTHENTICATED')
    const [eventId] = await events.record(
      tx,
      user.id,
      { type: 'user.deletion_requested', data: { dueAt: dueAt.toISOString() } },
      { type: 'user.disabled', data: { by: 'user' } },
    )
    const link = eventId === undefined ? null : { id: eventId, tokenHash: hashOfToken(linkTokenOf(eventId)) }
    await deletions.insert(tx, { userId: user.id, requestedAt: now, dueAt, link })
    await audit.record(tx, { action: 'REQUEST_ACCOUNT_DELETION', actor: userActor(viewer), accountId: user.id })
    return ended.revocation
  }

  async function eraseOwn(tx: Tx, viewer: Viewer) {
    const { user } = viewer
    const ended = await endings.endGeneration(tx, user, { reason: 'account_deleted' })
    if (!ended) throw new ServiceError('UNAUTHENTICATED')
    const actor = { ...userActor(viewer), origin: null }
    await eraseAccount(tx, { ...user, generation: user.generation + 1 }, { by: 'user', actor })
    return ended.revocation
  }

  return {
    /**
     * Ends every session of the viewer, and erases the account, at once or after the grace period. The email address can
     * register again then, the username can't. Throws INVALID_INPUT for a wrong password, REAUTHENTICATION_REQUIRED, FORBIDDEN
     * for the last administrator, and UNAUTHENTICATED if another request has ended the session first.
     */
    async delete(viewer: Viewer, password: string | null): Promise<void> {
      const { user } = viewer
      await confirmOwner(viewer, password, { action: 'DELETE_ACCOUNT', field: 'password' })
      const revocation = await transactions.run(async (tx) => {
        // Locked before the user's own row, as in every change of a role.
        const admins = user.role === 'ADMIN' ? await users.lockAdmins(tx) : []
        if (admins.length === 1 && admins[0] === user.id) throw lastAdmin()
        return grace > 0 ? schedule(tx, viewer) : eraseOwn(tx, viewer)
      })
      await revocations.deliver(revocation)
    },

    /**
     * Erases any account at once, even one that is being deleted. `admin`: the administrator who does it, or null for an
     * operator. Throws NOT_FOUND, and FORBIDDEN for the last administrator, or if the actor is no longer one.
     */
    async eraseNow(userId: string, admin: Actor | null): Promise<void> {
      const revocation = await transactions.run(async (tx) => {
        const admins = await users.lockAdmins(tx)
        if (admin && !(admin.id && admins.includes(admin.id))) throw new ServiceError('FORBIDDEN')
        const user = await users.lock(tx, { id: userId })
        if (!user) throw new ServiceError('NOT_FOUND')
        if (admins.length === 1 && admins[0] === userId) throw lastAdmin()
        const ended = await endings.endGeneration(tx, user, { reason: 'account_deleted' })
        if (!ended) throw new ServiceError('NOT_FOUND')
        const erasure = { by: admin ? 'admin' : 'operator', actor: admin ?? OPERATOR } as const
        await eraseAccount(tx, { ...user, generation: user.generation + 1 }, erasure)
        return ended.revocation
      })
      await revocations.deliver(revocation)
    },
  }
}
