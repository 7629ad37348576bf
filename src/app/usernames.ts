import type { RedisStore } from '../clients/redis.js'
import type { Config } from '../config.js'
import type { Read } from '../repositories/reads.js'
import { createProtectedUsernameRepository } from '../repositories/protected-usernames.js'
import type { Transactions } from '../repositories/transactions.js'
import { createUsernameCache } from '../repositories/username-cache.js'
import { createUsernameHistory } from '../repositories/username-history.js'
import { createUsernameStatisticsRepository } from '../repositories/username-statistics.js'
import { createUsernameRepository } from '../repositories/usernames.js'
import type { Clock } from '../services/clock.js'
import { createProtectedUsernames } from '../services/protected-usernames.js'
import { createReservedUsernames } from '../services/reserved-usernames.js'
import { createUnavailableNames } from '../services/unavailable-names.js'
import { createUsernameAvailability, type OnChecked } from '../services/username-availability.js'
import { createUsernameClaims } from '../services/username-claims.js'
import { createUsernamePolicy } from '../services/username-policy.js'
import { createUsernameStatistics } from '../services/username-statistics.js'
import { createUsernameSuggestions } from '../services/username-suggestions.js'
import { createUsernameWarming } from '../services/username-warming.js'

/** Milliseconds for which a process remembers that a name is unavailable, and how many of them in each half of that. */
const MEMORY_LIFE = 5000
const MEMORY_SIZE = 100_000

/** How often a second names are written that nobody has asked for. */
export const WARMING_STEPS = 10

interface Stores {
  transactions: Transactions
  /** `lookups` has connections of its own, so that checks wait for nothing but checks. */
  reads: { read: Read; lookups: Read }
  redis: RedisStore
}

/** All that has to do with usernames. */
export function createUsernames(config: Config, { transactions, reads, redis }: Stores, clock: Clock, seen: OnChecked) {
  const usernames = createUsernameRepository(reads.lookups)
  const history = createUsernameHistory(reads.read)
  const cache = createUsernameCache(redis, { ttl: config.USERNAME_CACHE_TTL })
  const now = () => performance.now()

  const protectedNames = createProtectedUsernames({
    names: createProtectedUsernameRepository(reads.lookups),
    ...{ transactions, clock, now },
  })
  const policy = createUsernamePolicy({
    isReserved: createReservedUsernames(config.RESERVED_USERNAMES),
    protectedNames,
  })
  // Without a hold a name is free the moment it is given up, and no process is told of what another one does.
  const memory = { life: MEMORY_LIFE, size: MEMORY_SIZE, now }
  const remembered = config.USERNAME_HOLD > 0 ? createUnavailableNames(memory) : null
  const statistics = createUsernameStatistics({
    statistics: createUsernameStatisticsRepository(redis, reads.read),
    clock,
  })
  const availability = createUsernameAvailability({
    ...{ usernames, cache, remembered, policy, clock },
    onChecked(tier, reason, name) {
      statistics.count(tier, reason, name)
      seen(tier, reason, name)
    },
  })
  const claims = createUsernameClaims({
    names: { usernames, history },
    known: { cache, remembered },
    policy,
    settings: { hold: config.USERNAME_HOLD, renames: config.USERNAME_RENAMES, clock },
  })

  return {
    claims,
    availability,
    suggestions: createUsernameSuggestions({ availability, policy, random: Math.random }),
    protectedNames,
    statistics,
    /** Null when it is switched off. */
    warming:
      config.USERNAME_WARMING === 0
        ? null
        : createUsernameWarming({ usernames, cache, clock, pace: warmingPace(config) }),
  }
}

/** Small steps: a process that writes a thousand names at once answers nobody meanwhile. */
const warmingPace = ({ USERNAME_WARMING, USERNAME_CACHE_TTL }: Config) => ({
  ttl: USERNAME_CACHE_TTL,
  perStep: Math.ceil(USERNAME_WARMING / WARMING_STEPS),
  stepsPerSecond: WARMING_STEPS,
})
