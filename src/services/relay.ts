import { RETENTION_MARGIN } from '@postern/session/protocol'
import type { RelayLock } from '../repositories/relay-lock.js'
import type { LogPosition, RevocationLog } from '../repositories/revocation-log.js'
import type { LogState, RevocationRepository } from '../repositories/revocations.js'
import type { Clock } from './clock.js'

const BATCH = 500

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
  let position: LogPosition | null = null

  /** Goes on in the epoch that stands in MySQL, if this very server has it. */
  async function resume({ epoch, serverId }: LogState): Promise<LogPosition | null> {
    if (position?.epoch === epoch) return position
    return epoch > 0 && (await log.serverId()) === serverId ? log.findPosition(epoch) : null
  }

  /**
   * Starts from nothing. The epoch stands in Redis before anybody may publish in it: what is marked as published in an
   * epoch is then never older than its opening entry, and lost only together with it.
   */
  async function openEpoch(): Promise<LogPosition> {
    const serverId = await log.serverId()
    const opened = await log.openEpoch(await revocations.reserveEpoch(), serverId)
    await revocations.activateEpoch(opened.epoch, serverId)
    return opened
  }

  async function publishPending(epoch: number): Promise<number> {
    let published = 0
    for (;;) {
      const batch = await revocations.findUnpublished(epoch, clock(), BATCH)
      if (batch.length === 0) return published
      await Promise.all(batch.map(({ revocation }) => log.append(epoch, revocation)))
      // Keeps the lock's connection from being idle for too long.
      await lock.hold()
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
        position = null
        return false
      }
      const state = await revocations.logState()
      await log.trim(state.longestTokenTtl + 2 * RETENTION_MARGIN)
      position = (await resume(state)) ?? (await openEpoch())
      await publishPending(position.epoch)
      position = await log.checkpoint(position)
      // What was lost is not known: everything is written again, now rather than in the next round.
      if (position === null) {
        position = await openEpoch()
        await publishPending(position.epoch)
        position = await log.checkpoint(position)
      }
      return true
    },

    close(): void {
      lock.close()
    },
  }
}
