// Deletes revocations and sessions that have expired.
import type { RevocationRepository } from '../../repositories/revocations/revocations.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import { addSeconds, type Clock } from '../../platform/clock.js'

const BATCH = 1000

/** Sessions are kept for a day after their end, so that an operator can still see how they ended. */
const SESSION_RETENTION_SECONDS = 86_400

/** Deletes one batch per statement, so that locks are short. Returns the number of rows. */
export function createPurge({
  revocations,
  sessions,
  clock,
}: {
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
    const revoked = await inBatches(() => revocations.purge(now, BATCH))
    return revoked + (await inBatches(() => sessions.purge(before, BATCH)))
  }
}
