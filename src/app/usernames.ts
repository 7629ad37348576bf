// Builds usernames: the repositories, the caches, and the services that check, claim, suggest and protect usernames.
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createProtectedUsernameRepository } from '../repositories/usernames/protected-usernames.js'
import { createUsernameCache } from '../repositories/usernames/username-cache.js'
import { createUsernameHistory } from '../repositories/usernames/username-history.js'
import { createUsernameStatisticsRepository } from '../repositories/usernames/username-statistics.js'
import { createUsernameRepository } from '../repositories/usernames/usernames.js'
import type { AuditTrail } from '../services/audit/index.js'
import type { EventTrail } from '../services/events/index.js'
import {
  createProcessCache,
  createProtectedUsernames,
  createReservedUsernames,
  createUsernameAvailability,
  createUsernameClaims,
  createUsernamePolicy,
  createUsernameStatistics,
  createUsernameSuggestions,
  createUsernameWarming,
  TIERS,
} from '../services/usernames/index.js'
import type { Stores } from './stores.js'

/** How long the process cache keeps that a username is unavailable. */
const PROCESS_CACHE_LIFE_MS = 5000
/** How many usernames it keeps from each half of that time. */
const PROCESS_CACHE_SIZE = 100_000

/** How often the warming of the cache runs a step. */
export const WARMING_STEPS_PER_SECOND = 10

export function createUsernames({
  config,
  stores,
  metrics,
  audit: { trail: audit },
  events: { trail: events },
  clock,
}: {
  config: Config
  stores: Stores
  metrics: Metrics
  audit: { trail: AuditTrail }
  events: { trail: EventTrail }
  clock: Clock
}) {
  const { transactions, read, readLookups, cacheRedis: redis, guardCache } = stores
  const usernames = createUsernameRepository(readLookups)
  const history = createUsernameHistory(read)
  const cache = createUsernameCache(redis, { ttl: config.USERNAME_CACHE_TTL }, guardCache)
  const now = () => performance.now()

  const protectedUsernames = createProtectedUsernames({
    repository: createProtectedUsernameRepository(readLookups),
    ...{ transactions, audit, clock, now },
  })
  const isReserved = createReservedUsernames(config.RESERVED_USERNAMES)
  const policy = createUsernamePolicy({ isReserved, protectedUsernames })
  // Without a hold, a username is free the moment it is released, and other processes don't learn of that.
  const processCache =
    config.USERNAME_HOLD > 0
      ? createProcessCache({ lifeMs: PROCESS_CACHE_LIFE_MS, size: PROCESS_CACHE_SIZE, now })
      : null
  const statistics = createUsernameStatistics({
    statistics: createUsernameStatisticsRepository(redis, read, guardCache),
    clock,
  })
  const countCheck = metrics.usernameChecks(TIERS)
  const availability = createUsernameAvailability({
    ...{ usernames, cache, processCache, policy, clock },
    onChecked(tier, reason, canonical) {
      statistics.count(tier, reason, canonical)
      countCheck(tier, reason === null)
    },
  })
  const claims = createUsernameClaims({
    repositories: { usernames, history },
    caches: { cache, processCache },
    policy,
    limits: { hold: config.USERNAME_HOLD, renames: config.USERNAME_RENAMES },
    events,
    clock,
  })

  return {
    claims,
    availability,
    suggestions: createUsernameSuggestions({ availability, policy, random: Math.random }),
    protectedUsernames,
    statistics,
    /** Null if it is switched off. */
    warming:
      config.USERNAME_WARMING === 0
        ? null
        : createUsernameWarming({ usernames, cache, clock, pace: warmingPace(config) }),
  }
}

/** Small steps: a process that writes a thousand names at once answers no request in that time. */
const warmingPace = ({ USERNAME_WARMING, USERNAME_CACHE_TTL }: Config) => ({
  ttl: USERNAME_CACHE_TTL,
  perStep: Math.ceil(USERNAME_WARMING / WARMING_STEPS_PER_SECOND),
  stepsPerSecond: WARMING_STEPS_PER_SECOND,
})
