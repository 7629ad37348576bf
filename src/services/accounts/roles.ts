// Roles: a change ends every session that was started under the old one.
import { ServiceError } from '@postern/service/errors'
import { foldedForms } from '../../platform/emails.js'
import type { UserRepository, UserRole } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { type Actor, type AuditTrail, OPERATOR } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { SessionEndings } from '../sessions/index.js'

export const lastAdmin = () =>
  new ServiceError('FORBIDDEN', { message: "The last administrator can't be removed. Promote someone else first." })

export type RoleService = ReturnType<typeof createRoleService>

export function createRoleService({
  transactions,
  users,
  endings,
  revocations,
  audit,
  events,
}: {
  transactions: Transactions
  users: UserRepository
  endings: SessionEndings
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
}) {
  return {
    /**
     * Returns the user's id, and whether the role has changed. `admin` is the administrator who makes the change, or
     * null for an operator. Throws NOT_FOUND; and FORBIDDEN if the actor is no longer an administrator, or if the last
     * administrator would lose the role.
     */
    async setRole(
      target: { id: string } | { email: string },
      role: UserRole,
      admin: Actor | null,
    ): Promise<{ id: string; changed: boolean }> {
      const { user, revocation } = await transactions.run(async (tx) => {
        // Locked first: two administrators who demote each other are handled one after the other.
        const admins = await users.lockAdmins(tx)
        if (admin && !(admin.id && admins.includes(admin.id))) throw new ServiceError('FORBIDDEN')
        const user = await users.lock(tx, 'id' in target ? target : { email: foldedForms(target.email) })
        if (!user) throw new ServiceError('NOT_FOUND', { message: 'User not found. Users must register first.' })
        if (user.role === role) return { user, revocation: null }
        if (role !== 'ADMIN' && admins.length === 1 && admins[0] === user.id) throw lastAdmin()
        const ended = await endings.endGeneration(tx, user, { reason: 'role_changed', role })
        const by = { actor: admin ?? OPERATOR, accountId: user.id, facts: { from: user.role, to: role } }
        if (!ended) return { user, revocation: null }
        await audit.record(tx, { ...by, action: 'SET_ROLE' })
        await events.record(tx, user.id, { type: 'user.role_changed', data: { role } })
        return { user, revocation: ended.revocation }
      })
      if (revocation) await revocations.deliver(revocation)
      return { id: user.id, changed: revocation !== null }
    },
  }
}
