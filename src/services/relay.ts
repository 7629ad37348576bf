import { RETENTION_MARGIN } from '@postern/session/protocol'
import type { RelayLock } from '../repositories/relay-lock.js'
import type { RevocationLog } from '../repositories/revocation-log.js'
import type { LogState, RevocationRepository } from '../repositories/revocations.js'
import type { Clock } from './clock.js'

const BATCH = 500

export type Relay = ReturnType<typeof createRelay>

/**
 * Brings to Redis what the instance that committed could not, and says each second how far the log is: one process of
 * a deployment at a time, whoever holds the lock. A step may be cut off anywhere; the next one does it again.
 */
export function createRelay({
  lock,
  revocations,
  log,
  clock,
}: {
  lock: RelayLock
  revocations: RevocationRepository
  log: RevocationLog
  clock: Clock
}) {
  let lastCheckpoint: string | null = null

  /** The epoch to write in: the current one while Redis still has it, else a new one that starts from nothing. */
  async function currentEpoch(state: LogState): Promise<number | null> {
    const serverId = await log.serverId()
    if (state.epoch > 0 && state.serverId === serverId && (await log.holds(state.epoch, lastCheckpoint)))
      return state.epoch
    lastCheckpoint = null
    const epoch = await revocations.openEpoch(state.epoch, serverId)
    if (epoch !== null) await log.openEpoch(epoch)
    return epoch
  }

  async function publishPending(epoch: number): Promise<number> {
    let published = 0
    for (;;) {
      const batch = await revocations.findUnpublished(epoch, clock(), BATCH)
      if (batch.length === 0) return published
      await Promise.all(batch.map(({ revocation }) => log.append(epoch, revocation)))
      const ids = batch.map(({ id }) => id)
      await revocations.markPublished(ids, epoch)
      published += batch.length
    }
  }

  return {
    /**
     * One round: take or keep the lock, mend the epoch, append what is missing, write a checkpoint. Returns false when
     * another process is the relay. Rejects when MySQL or Redis is away.
     */
    async step(): Promise<boolean> {
      if (!(await lock.hold())) {
        lastCheckpoint = null
        return false
      }
      const state = await revocations.logState()
      const epoch = await currentEpoch(state)
      if (epoch === null) return true
      await publishPending(epoch)
      lastCheckpoint = await log.checkpoint(epoch)
      await log.trim(state.longestTokenTtl + 2 * RETENTION_MARGIN)
      return true
    },

    close(): void {
      lock.close()
    },
  }
}
