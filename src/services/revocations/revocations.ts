// Records revocations with the change that causes them, and delivers them to Redis after the commit.
import type { Revocation } from '@postern/contract/revocations'
import { withTimeout } from '@postern/contract/timeout'
import type { RevocationStream } from '../../repositories/revocations/revocation-stream.js'
import type { RevocationRepository, StoredRevocation } from '../../repositories/revocations/revocations.js'
import type { Statements } from '../../repositories/database/statements.js'
import type { Tx } from '../../repositories/database/transactions.js'
import { type Clock, unixSeconds } from '../../platform/clock.js'

/** What to revoke. The service adds until when. */
export type RevocationRequest = Pick<Revocation, 'jti' | 'sid' | 'sub' | 'gen' | 'scope' | 'reason'>

export type RevocationService = ReturnType<typeof createRevocationService>

/** How long a response waits for Redis. After that, delivery is left to the relay. */
const DELIVERY_TIMEOUT_MS = 100

export function createRevocationService({
  revocations,
  stream,
  clock,
}: {
  revocations: RevocationRepository
  stream: RevocationStream
  clock: Clock
}) {
  const inProgress = new Set<Promise<void>>()

  async function publish({ id, revocation }: StoredRevocation): Promise<void> {
    const { epoch } = await revocations.streamState()
    // Before the first epoch there is nothing to append to. The relay is about to open it.
    if (epoch === 0) return
    await stream.append(epoch, revocation)
    await revocations.markPublished([id], epoch)
  }

  return {
    /** Inserts the row in the transaction that revokes. It outlives tokens of every lifetime that was ever configured. */
    async record(tx: Tx, request: RevocationRequest): Promise<StoredRevocation> {
      const now = clock()
      const { longestTokenTtl } = await revocations.streamState()
      return revocations.insert(tx, { v: 1, ...request, exp: unixSeconds(now) + longestTokenTtl + 1 }, now)
    },

    /** Like `record`, for many users. The relay delivers them. */
    async recordAll(tx: Statements, requests: readonly RevocationRequest[]): Promise<void> {
      const now = clock()
      const { longestTokenTtl } = await revocations.streamState()
      const exp = unixSeconds(now) + longestTokenTtl + 1
      await revocations.insertAll(
        tx,
        requests.map((request) => ({ v: 1, ...request, exp })),
        now,
      )
    },

    /** Delivers after the commit, and waits at most 100 ms. Never rejects: the relay delivers what is left. */
    async deliver(stored: StoredRevocation): Promise<void> {
      const delivery = publish(stored)
        .catch(() => undefined)
        .finally(() => inProgress.delete(delivery))
      inProgress.add(delivery)
      await withTimeout(delivery, DELIVERY_TIMEOUT_MS, () => undefined)
    },

    /** How many committed revocations are not in Redis yet. */
    async backlog(): Promise<number> {
      return revocations.countUnpublished(clock())
    },

    /** Waits for deliveries that are still in progress. */
    async settle(): Promise<void> {
      await Promise.all(inProgress)
    },
  }
}
