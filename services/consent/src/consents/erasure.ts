// Erases what can identify a person, once the user is deleted. The history stays as a proof, and still verifies.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import type { Statements } from '@postern/service/database/statements'
import { createErasures } from '@postern/service/erasures'
import type { Chains, OpenChain } from '../history/chains.js'
import type { Idempotency } from './idempotency.js'
import type { StoredConsents } from './stored-consents.js'

/** Rows of a statement. */
const STEP = 1000

const DETAILS = `DELETE FROM consent_details WHERE user_id = ? ORDER BY sequence LIMIT ${STEP}`

interface Parts {
  chains: Chains
  consents: StoredConsents
  idempotency: Idempotency
  database: DatabaseAccess
}

export function createErasure({ chains, consents, idempotency, database }: Parts) {
  /** The head allows all details to be missing, so the history verifies after each step. */
  const { begin, finish } = createErasures(database, async (tx, userId) => {
    const details = await tx.write(DETAILS, [userId])
    const keys = await idempotency.forget(tx, userId, STEP)
    return details < STEP && keys < STEP
  })

  return {
    /**
     * In the transaction of the event. From its commit on, the user is deleted: no consent is valid, and there are no new ones. A user
     * without consents gets a head too: it refuses what a service that has not heard of the deletion would still record.
     */
    erase: (tx: Statements, userId: string): Promise<void> =>
      chains.within(tx, { userId, create: true }, async (opened) => {
        const chain = opened as OpenChain
        const { now } = await consents.listLocked(tx, userId)
        await consents.deleteAll(tx, userId)
        await begin(tx, userId)
        chain.update({ erasedThrough: chain.head.last.sequence, erasedAt: chain.head.erasedAt ?? now })
      }),

    /** Erases what that transaction could not. */
    finish,
  }
}
