// Deletes old deliveries, and those of webhooks that were deleted.
import { addSeconds, type Clock } from '@postern/service/clock'
import type { DeliveryRepository } from './tables/deliveries.js'

const BATCH = 1000

/** Deletes one batch per statement, so that locks are short. Returns the number of rows. */
export const createWebhookRetention =
  ({ deliveries, seconds, clock }: { deliveries: DeliveryRepository; seconds: number; clock: Clock }) =>
  async (): Promise<number> => {
    const before = addSeconds(clock(), -seconds)
    let total = await inBatches(() => deliveries.purge(before, BATCH))
    for (const id of await deliveries.deletedEndpoints()) total += await inBatches(() => deliveries.deleteOf(id, BATCH))
    return total
  }

async function inBatches(purge: () => Promise<number>): Promise<number> {
  let total = 0
  for (;;) {
    const deleted = await purge()
    total += deleted
    if (deleted < BATCH) return total
  }
}
