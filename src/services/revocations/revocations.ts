// Records revocations with the change that causes them, and delivers them to Redis after the commit.
import type { Revocation } from '@postern/contract/revocations'
import { withTimeout } from '@postern/contract/timeout'
import type { Statements } from '@postern/service/database/statements'
import { type Clock, unixSeconds } from '@postern/service/clock'
import { inBatches } from '@postern/service/batches'
import type { RevocationStream } from '../../repositories/revocations/revocation-stream.js'
import type { RevocationRepository, StoredRevocation, StreamState } from '../../repositories/revocations/revocations.js'

/** What to revoke. The service adds until when. */
export type RevocationRequest = Pick<Revocation, 'jti' | 'sid' | 'sub' | 'gen' | 'scope' | 'reason'>

export type RevocationService = ReturnType<typeof createRevocationService>

/** How long a response waits for Redis. After that, delivery is left to the relay. */
const DELIVERY_TIMEOUT_MS = 100

/** The first may find that the state has changed since this process last read it. */
const ATTEMPTS = 3

const MARKING = { size: 64, inFlight: 1 }

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

  /** As last seen. A row is inserted only if it is still right. */
  let known: StreamState | null = null

  async function publish({ id, epoch, revocation }: StoredRevocation): Promise<void> {
    // Before the first epoch there is nothing to append to. The relay is about to open it.
    if (epoch === 0) return
    await stream.append(epoch, revocation)
    await markIn(epoch)(id)
  }

  let marking = { epoch: 0, mark: (_id: string): Promise<unknown> => Promise.resolve() }

  /** Marks as published. While one statement is under way, the next one waits for it and takes more rows. */
  function markIn(epoch: number) {
    if (marking.epoch !== epoch) {
      const markAll = async (ids: readonly string[]) => {
        await revocations.markPublished(ids, epoch)
        return new Map<string, never>()
      }
      marking = { epoch, mark: inBatches(markAll, MARKING) }
    }
    return marking.mark
  }

  return {
    /** Inserts the row in the transaction that revokes. It outlives tokens of every lifetime that was ever configured. */
    async record(tx: Statements, request: RevocationRequest): Promise<StoredRevocation> {
      const now = clock()
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const state = known ?? (await revocations.streamState(tx))
        const exp = unixSeconds(now) + state.longestTokenTtl + 1
        const stored = await revocations.insert(tx, { v: 1, ...request, exp }, state, now)
        known = stored && state
        if (stored) return stored
      }
      throw new Error('The state of the revocation stream changed again and again.')
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
