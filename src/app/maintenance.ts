// Builds maintenance: the purge of expired rows.
import type { Clock } from '../platform/clock.js'
import { createPurge } from '../services/maintenance/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

export function createMaintenance({
  stores: { transactions },
  repositories: { revocations, sessions },
  clock,
}: {
  stores: Stores
  repositories: Repositories
  clock: Clock
}) {
  return { purge: createPurge({ transactions, revocations, sessions, clock }) }
}
