// A circuit breaker for a connection to Redis.
import type { BreakerSet } from './breaker-set.js'
import type { Breaker, BreakerOptions } from './breakers.js'
import { isRedisTimeout, isRedisUnresponsive } from './redis-failures.js'

/** `timeoutsToOpen`: more if one wait is so short that a busy moment can exceed it. */
export const createRedisBreaker = (
  breakers: BreakerSet,
  options: Pick<BreakerOptions, 'name' | 'timeoutsToOpen' | 'probe'>,
): Breaker => breakers.create({ ...options, isFailure: isRedisUnresponsive, isTimeout: isRedisTimeout })
