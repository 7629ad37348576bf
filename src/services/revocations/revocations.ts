import type { Revocation } from '@postern/contract/revocations'
import type { RevocationStream } from '../../repositories/revocations/revocation-stream.js'
import type { RevocationRepository, StoredRevocation } from '../../repositories/revocations/revocations.js'
import type { Tx } from '../../repositories/database/transactions.js'
import { type Clock, unixSeconds } from '../../platform/clock.js'
import { withTimeout } from '../../platform/timeout.js'

/** What is revoked; the service adds until when. */
export type RevocationRequest = Pick<Revocation, 'jti' | 'sid' | 'sub' | 'gen' | 'scope' | 'reason'>

export type RevocationService = ReturnType<typeof createRevocationService>

/** How long a response waits for Redis. After that, delivery is left to the relay. */
const DELIVERY_TIMEOUT_MS = 100

/**
 * Revocations: written with the change that causes them, then handed to Redis at once by whoever committed. What does
 * not arrive that way, the relay brings later.
 */
export function createRevocationService({
  revocations,
  stream,
  clock,
}: {
  revocations: RevocationRepository
  stream: RevocationStream
  clock: Clock
}) {
  const underWay = new Set<Promise<void>>()

  async function publish({ id, revocation }: StoredRevocation): Promise<void> {
    const { epoch } = await revocations.streamState()
    // Before the first epoch there is nothing to append to: the relay is about to open it.
    if (epoch === 0) return
    await stream.append(epoch, revocation)
    await revocations.markPublished([id], epoch)
  }

  return {
    /** Writes the row inside the transaction that revokes. Tokens of any life ever configured are outlived. */
    async record(tx: Tx, request: RevocationRequest): Promise<StoredRevocation> {
      const now = clock()
      const { longestTokenTtl } = await revocations.streamState()
      return revocations.insert(tx, { v: 1, ...request, exp: unixSeconds(now) + longestTokenTtl + 1 }, now)
    },

    /** After the commit: delivers within a bound. Never rejects; an undelivered row stays for the relay. */
    async deliver(stored: StoredRevocation): Promise<void> {
      const delivery = publish(stored)
        .catch(() => undefined)
        .finally(() => underWay.delete(delivery))
      underWay.add(delivery)
      await withTimeout(delivery, DELIVERY_TIMEOUT_MS, () => undefined)
    },

    /** The number of committed revocations that Redis has not got yet. */
    async backlog(): Promise<number> {
      return revocations.countUnpublished(clock())
    },

    /** Waits for the deliveries that outlived their bound. */
    async settle(): Promise<void> {
      await Promise.all(underWay)
    },
  }
}
