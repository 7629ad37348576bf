// Erases the personal data of a person from the audit log. The chain stays verifiable.
import type { AuditRepository } from '../../repositories/audit/entries.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import { OPERATOR } from './actors.js'
import type { AuditTrail } from './trail.js'

export type AuditErasure = ReturnType<typeof createAuditErasure>

export function createAuditErasure({
  transactions,
  entries,
  trail,
}: {
  transactions: Transactions
  entries: AuditRepository
  trail: AuditTrail
}) {
  return {
    /** In the caller's transaction. Returns how many entries have lost their details. */
    erase: (tx: Tx, accountId: string): Promise<number> => entries.eraseDetails(tx, accountId),

    /** The same for an operator, who may do it after the account was deleted. */
    eraseNow: (accountId: string): Promise<number> =>
      transactions.run(async (tx) => {
        const erased = await entries.eraseDetails(tx, accountId)
        const facts = { entries: String(erased) }
        await trail.record(tx, { action: 'ERASE_DETAILS', actor: OPERATOR, accountId, facts })
        return erased
      }),
  }
}
