// Erases an account in one transaction: its rows, its details in the audit log, and the address in invitations.
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import { foldedForms } from '../../platform/emails.js'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { InvitationRepository } from '../../repositories/accounts/invitations.js'
import type { UserRepository, UserVersion } from '../../repositories/accounts/users.js'
import type { Tx } from '../../repositories/database/transactions.js'
import type { Actor, AuditErasure, AuditTrail } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { UsernameClaims } from '../usernames/index.js'

/** Who has decided it, and who carries it out. */
interface Erasure {
  by: 'user' | 'admin' | 'operator'
  actor: Actor
}

/** The user is locked, and in this generation. What waits in queues follows after the commit: due-deletions.ts. */
export type EraseAccount = (tx: Tx, user: UserVersion & { email: string }, erasure: Erasure) => Promise<void>

export function createEraseAccount({
  users,
  deletions,
  invitations,
  claims,
  audit,
  events,
  erasure,
  endGrants,
  clock,
}: {
  users: UserRepository
  deletions: DeletionRepository
  invitations: Pick<InvitationRepository, 'eraseAddress'>
  claims: UsernameClaims
  audit: AuditTrail
  events: EventTrail
  erasure: AuditErasure
  /** Ends at the providers, after the commit, what the person has granted. */
  endGrants: (tx: Statements, userId: string) => Promise<void>
  clock: Clock
}): EraseAccount {
  return async (tx, user, { by, actor }) => {
    const { id, generation, email } = user
    await claims.retire(tx, id)
    await events.record(tx, id, { type: 'user.deleted', data: { by } })
    await endGrants(tx, id)
    // Also deletes what belongs to the row: credentials, sessions, codes, the history of usernames.
    await users.delete(tx, { id, generation })
    await invitations.eraseAddress(tx, foldedForms(email))
    await erasure.erase(tx, id)
    await deletions.markErased(tx, id, clock())
    await audit.record(tx, { action: 'DELETE_ACCOUNT', actor, accountId: id })
  }
}
