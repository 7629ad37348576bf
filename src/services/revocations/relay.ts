import { RETENTION_MARGIN_SECONDS } from '@postern/contract/revocations'
import type { RelayLock } from '../../repositories/revocations/relay-lock.js'
import type { StreamPosition, RevocationStream } from '../../repositories/revocations/revocation-stream.js'
import type { StreamState, RevocationRepository } from '../../repositories/revocations/revocations.js'
import type { Clock } from '../../platform/clock.js'

const BATCH = 500

/**
 * Brings to Redis what the instance that committed could not, and says each second how far the log is: one process of
 * a deployment at a time, whoever holds the lock. A step may be cut off anywhere; the next one does it again.
 */
export function createRelay({
  lock,
  revocations,
  stream,
  clock,
}: {
  lock: RelayLock
  revocations: RevocationRepository
  stream: RevocationStream
  clock: Clock
}) {
  let position: StreamPosition | null = null

  /** Goes on in the epoch that stands in MySQL, if this very server has it. */
  async function resume({ epoch, serverId }: StreamState, last: StreamPosition | null): Promise<StreamPosition | null> {
    if (last?.epoch === epoch) return last
    return epoch > 0 && (await stream.serverId()) === serverId ? stream.findPosition(epoch) : null
  }

  /**
   * Starts from nothing. The epoch stands in Redis before anybody may publish in it: what is marked as published in an
   * epoch is then never older than its opening entry, and lost only together with it.
   */
  async function openEpoch(): Promise<StreamPosition> {
    const serverId = await stream.serverId()
    const opened = await stream.openEpoch(await revocations.reserveEpoch(), serverId)
    await revocations.activateEpoch(opened.epoch, serverId)
    return opened
  }

  /** Appends what the epoch lacks; false when the lock was lost meanwhile, since then another relay is at it. */
  async function publishPending(epoch: number): Promise<boolean> {
    for (;;) {
      const batch = await revocations.findUnpublished(epoch, clock(), BATCH)
      if (batch.length > 0) {
        await Promise.all(batch.map(({ revocation }) => stream.append(epoch, revocation)))
        const ids = batch.map(({ id }) => id)
        await revocations.markPublished(ids, epoch)
      }
      // Asked even of an empty batch: the checkpoint that follows is the word of whoever holds the lock.
      if (!(await lock.hold())) return false
      if (batch.length === 0) return true
    }
  }

  /** Mends the epoch, appends what is missing, writes a checkpoint; false when another process is the relay. */
  async function round(): Promise<boolean> {
    let at: StreamPosition | null = position
    position = null
    if (!(await lock.hold())) return false
    const state = await revocations.streamState()
    await stream.trim(state.longestTokenTtl + 2 * RETENTION_MARGIN_SECONDS)
    at = await resume(state, at)
    // Null from a checkpoint: what Redis lost is not known, so everything is written again, now rather than next time.
    for (let attempt = 0; position === null && attempt < 2; attempt++) {
      at ??= await openEpoch()
      if (!(await publishPending(at.epoch))) return false
      position = at = await stream.checkpoint(at)
    }
    return true
  }

  return {
    /** One round, under the lock. Returns false when another process is the relay. Rejects when MySQL or Redis is away. */
    async step(): Promise<boolean> {
      try {
        return await round()
      } catch (error) {
        // Redis may be out of reach for this process only: another one gets its turn.
        lock.close()
        throw error
      }
    },

    close(): void {
      lock.close()
    },
  }
}
