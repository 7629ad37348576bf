import { AuthError } from '../../platform/errors.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRepository, UserRole } from '../../repositories/accounts/users.js'
import { canonicalEmail } from '@postern/contract/emails'
import type { Clock } from '../../platform/clock.js'
import type { RevocationService } from '../revocations/index.js'

export const lastAdmin = () =>
  new AuthError('FORBIDDEN', { message: 'The last ADMIN stays one. Make another one first.' })

export type RoleService = ReturnType<typeof createRoleService>

/** Roles: a change ends everything that was obtained under the old one. */
export function createRoleService({
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

  return {
    /**
     * Returns the user's id, and whether the role was another before. `actorId` is the ADMIN who asks, null for an operator.
     * Throws NOT_FOUND, and FORBIDDEN to one who is no ADMIN by the time of the change, or for taking the role
     * from the last ADMIN.
     */
    async setRole(
      by: { id: string } | { email: string },
      role: UserRole,
      actorId: string | null,
    ): Promise<{ id: string; changed: boolean }> {
      const { user, revocation } = await transactions.run(async (tx) => {
        // Locked first: two administrators who demote one another count one after the other.
        const admins = await users.lockAdmins(tx)
        if (actorId !== null && !admins.includes(actorId)) throw new AuthError('FORBIDDEN')
        const user = await users.lock(tx, 'id' in by ? by : { canonicalEmail: canonicalEmail(by.email) })
        if (!user) throw new AuthError('NOT_FOUND', { message: 'There is no such user: register first.' })
        if (user.role === role) return { user, revocation: null }
        if (role !== 'ADMIN' && admins.length === 1 && admins[0] === user.id) throw lastAdmin()
        await users.raiseGeneration(tx, user, { role }, clock())
        await sessions.endAll(tx, user.id, clock())
        const request = { scope: 'user', sub: user.id, gen: user.generation + 1, reason: 'role_changed' } as const
        return { user, revocation: await revocations.record(tx, request) }
      })
      if (revocation) await revocations.deliver(revocation)
      return { id: user.id, changed: revocation !== null }
    },
  }
}
