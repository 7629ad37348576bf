// Erases what can identify a person, once the user is deleted. The history stays as a proof, and still verifies.
import type { Statements } from '@postern/service/database/statements'
import type { Chains, OpenChain } from '../history/chains.js'
import type { Idempotency } from './idempotency.js'
import type { StoredConsents } from './stored-consents.js'

interface Parts {
  chains: Chains
  consents: StoredConsents
  idempotency: Idempotency
}

/**
 * In the transaction of the event. A user without consents gets a head too: it refuses what a service that has not heard of
 * the deletion would still record.
 */
export const createErasure =
  ({ chains, consents, idempotency }: Parts) =>
  (tx: Statements, userId: string): Promise<void> =>
    chains.within(tx, { userId, create: true }, async (opened) => {
      const chain = opened as OpenChain
      const { now } = await consents.listLocked(tx, userId)
      await tx.write('DELETE FROM consent_details WHERE user_id = ?', [userId])
      await consents.deleteAll(tx, userId)
      await idempotency.forget(tx, userId)
      chain.update({ erasedThrough: chain.head.last.sequence, erasedAt: chain.head.erasedAt ?? now })
    })
