// Builds maintenance: the purge of expired rows.
import type { Clock } from '../platform/clock.js'
import { createPurge } from '../services/maintenance/index.js'
import type { Codes } from './verification.js'
import type { Repositories } from './repositories.js'

export function createMaintenance({
  repositories: { revocations, sessions },
  codes,
  clock,
}: {
  repositories: Repositories
  codes: Codes
  clock: Clock
}) {
  return { purge: createPurge({ revocations, sessions, verification: codes.repositories, clock }) }
}
