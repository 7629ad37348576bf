// Builds maintenance: the purge of expired rows.
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createPurge } from '../services/maintenance/index.js'
import type { Events } from './events.js'
import type { Codes } from './verification.js'
import type { Repositories } from './repositories.js'

export function createMaintenance({
  config,
  repositories: { challenges, invitations, oauthStates, revocations, sessions, usedChallenges },
  codes,
  events: { stored },
  clock,
}: {
  config: Config
  repositories: Repositories
  codes: Codes
  events: Pick<Events, 'stored'>
  clock: Clock
}) {
  return {
    purge: createPurge({
      ...{ challenges, invitations, oauthStates, revocations, sessions, usedChallenges, clock },
      verification: codes.repositories,
      events: { ...stored, retention: config.OUTBOX_RETENTION },
    }),
  }
}
