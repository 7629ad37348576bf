// The relay: delivers to the revocation stream what other processes could not, and keeps the stream complete.
import { RETENTION_MARGIN_SECONDS } from '@postern/contract/revocations'
import type { Clock } from '@postern/service/clock'
import type { RelayLock } from '../../repositories/revocations/relay-lock.js'
import type { StreamPosition, RevocationStream } from '../../repositories/revocations/revocation-stream.js'
import type { StreamState, RevocationRepository } from '../../repositories/revocations/revocations.js'

const BATCH = 500

/**
 * One process of a deployment at a time is the relay: the one that holds the lock. Each second it appends missing
 * revocations and a checkpoint. A step can be interrupted anywhere; the next one repeats it.
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

  /** Continues the epoch that MySQL names, if this Redis server has it. */
  async function resume({ epoch, serverId }: StreamState, last: StreamPosition | null): Promise<StreamPosition | null> {
    if (last?.epoch === epoch) return last
    return epoch > 0 && (await stream.serverId()) === serverId ? stream.findPosition(epoch) : null
  }

  /**
   * Starts a new epoch. Redis has its opening entry before anything is published in it. So whatever is marked as published
   * in an epoch is newer than that entry, and can only be lost together with it.
   */
  async function openEpoch(): Promise<StreamPosition> {
    const serverId = await stream.serverId()
    const opened = await stream.openEpoch(await revocations.reserveEpoch(), serverId)
    await revocations.activateEpoch(opened.epoch, serverId)
    return opened
  }

  /** Appends what is missing in the epoch. Returns false if the lock was lost: another process is the relay then. */
  async function publishPending(epoch: number): Promise<boolean> {
    for (;;) {
      const batch = await revocations.findUnpublished(epoch, clock(), BATCH)
      if (batch.length > 0) {
        await Promise.all(batch.map(({ revocation }) => stream.append(epoch, revocation)))
        const ids = batch.map(({ id }) => id)
        await revocations.markPublished(ids, epoch)
      }
      // Checked after an empty batch too: only the holder of the lock may write the checkpoint that follows.
      if (!(await lock.hold())) return false
      if (batch.length === 0) return true
    }
  }

  /** Repairs the epoch, appends what is missing and writes a checkpoint. Returns false if another process is the relay. */
  async function round(): Promise<boolean> {
    let at: StreamPosition | null = position
    position = null
    if (!(await lock.hold())) return false
    const state = await revocations.streamState()
    await stream.trim(state.longestTokenTtl + 2 * RETENTION_MARGIN_SECONDS)
    at = await resume(state, at)
    // A checkpoint of null: Redis has lost an unknown part, so everything is written again right away.
    for (let attempt = 0; position === null && attempt < 2; attempt++) {
      at ??= await openEpoch()
      if (!(await publishPending(at.epoch))) return false
      position = at = await stream.checkpoint(at)
    }
    return true
  }

  return {
    /** One round under the lock. Returns false if another process is the relay. Rejects if MySQL or Redis is unavailable. */
    async step(): Promise<boolean> {
      try {
        return await round()
      } catch (error) {
        // Redis may be unreachable for this process only: let another one try.
        lock.close()
        throw error
      }
    },

    close(): void {
      lock.close()
    },
  }
}
