// Deleting an account: erases the user's data, ends their sessions, and keeps their username unavailable.
import { AuthError } from '../../platform/errors.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { type AuditErasure, type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { SessionEndings, Viewer } from '../sessions/index.js'
import type { UsernameClaims } from '../usernames/index.js'
import type { VerifyOwnPassword } from './own-password.js'
import { lastAdmin } from './roles.js'

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  verifyOwnPassword: VerifyOwnPassword
  endings: SessionEndings
  revocations: RevocationService
  claims: UsernameClaims
  audit: AuditTrail
  events: EventTrail
  erasure: AuditErasure
}

export type DeletionService = ReturnType<typeof createDeletionService>

export function createDeletionService(dependencies: Dependencies) {
  const { transactions, users, verifyOwnPassword, endings, revocations, claims, audit, events, erasure } = dependencies

  return {
    /**
     * The email address can register again, the username can't. Throws INVALID_INPUT for a wrong password, FORBIDDEN for
     * the last administrator, and UNAUTHENTICATED if another request has ended the session first.
     */
    async delete(viewer: Viewer, password: string): Promise<void> {
      const { user } = viewer
      await verifyOwnPassword(viewer, password, { action: 'DELETE_ACCOUNT', field: 'password' })
      const revocation = await transactions.run(async (tx) => {
        // Locked before the user's own row, as in every change of a role.
        const admins = user.role === 'ADMIN' ? await users.lockAdmins(tx) : []
        if (admins.length === 1 && admins[0] === user.id) throw lastAdmin()
        const ended = await endings.endGeneration(tx, user, { reason: 'account_deleted' })
        if (!ended) throw new AuthError('UNAUTHENTICATED')
        await claims.retire(tx, user.id)
        await events.record(tx, user.id, { type: 'user.deleted', data: { by: 'user' } })
        await users.delete(tx, { id: user.id, generation: user.generation + 1 })
        await erasure.erase(tx, user.id)
        const actor = { ...userActor(viewer), origin: null }
        await audit.record(tx, { action: 'DELETE_ACCOUNT', actor, accountId: user.id })
        return ended.revocation
      })
      await revocations.deliver(revocation)
    },
  }
}
