// Deletes revocations and sessions that have expired.
import type { RevocationRepository } from '../../repositories/revocations/revocations.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { addSeconds, type Clock } from '../../platform/clock.js'

const BATCH = 1000

/** Sessions are kept for a day after their end, so that an operator can still see how they ended. */
const SESSION_RETENTION_SECONDS = 86_400

/** Deletes one batch per transaction, so that locks are short. Returns the number of rows. */
export function createPurge({
  transactions,
  revocations,
  sessions,
  clock,
}: {
  transactions: Transactions
  revocations: RevocationRepository
  sessions: SessionRepository
  clock: Clock
}) {
  async function inBatches(purge: () => Promise<number>): Promise<number> {
    let total = 0
    for (;;) {
      const deleted = await purge()
      total += deleted
      if (deleted < BATCH) return total
    }
  }

  return async function purge(): Promise<number> {
    const now = clock()
    const before = addSeconds(now, -SESSION_RETENTION_SECONDS)
    const revoked = await inBatches(() => transactions.run((tx) => revocations.purge(tx, now, BATCH)))
    return revoked + (await inBatches(() => transactions.run((tx) => sessions.purge(tx, before, BATCH))))
  }
}
