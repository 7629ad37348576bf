// Deletes the oldest entries of the audit log, from the beginning of the chain, and keeps an anchor to continue from.
import { addSeconds, type Clock } from '@postern/service/clock'
import type { AuditChainRepository } from '../../repositories/audit/chain.js'
import type { AuditKeys } from './keys.js'
import { anchorMac } from './seals.js'

const BATCH = 500
const DAY_SECONDS = 86_400

export function createAuditRetention({
  chain,
  keys,
  days,
  clock,
}: {
  chain: AuditChainRepository
  keys: AuditKeys
  days: number
  clock: Clock
}) {
  /** One batch per transaction, so that the sealer waits only for a moment. Returns how many entries it deleted. */
  async function deleteBatch(): Promise<number> {
    const before = addSeconds(clock(), -days * DAY_SECONDS)
    const deleted = await chain.change(async (tx) => {
      const oldest = await chain.oldest(tx, before, BATCH)
      // Entries are sealed nearly in the order of their times. What follows a younger one waits for it.
      const young = oldest.findIndex(({ isOld }) => !isOld)
      const old = young === -1 ? oldest : oldest.slice(0, young)
      const last = old.at(-1)
      if (!last) return 0
      const keyId = keys.currentId
      const { position, seal } = last
      await chain.deleteThrough(tx, { position, seal, keyId, mac: anchorMac(keys, keyId, last) ?? '' })
      return old.length
    })
    return deleted ?? 0
  }

  /** Deletes sealed entries that are older than the retention. Returns how many. */
  return async function purge(): Promise<number> {
    let total = 0
    for (;;) {
      const deleted = await deleteBatch()
      total += deleted
      if (deleted < BATCH) return total
    }
  }
}
