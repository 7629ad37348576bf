// Builds maintenance: the purge of expired rows.
import type { Clock } from '../platform/clock.js'
import { createPurge } from '../services/maintenance/index.js'
import type { Repositories } from './repositories.js'

export function createMaintenance({
  repositories: { revocations, sessions },
  clock,
}: {
  repositories: Repositories
  clock: Clock
}) {
  return { purge: createPurge({ revocations, sessions, clock }) }
}
