// Limits how often requests may be sent: in Redis for all gateways together, or in each for itself while Redis is unavailable.
import { createRedis, type RedisStore } from '@postern/service/redis'
import { createRedisCluster } from '@postern/service/redis-cluster'
import type { Logger } from '@postern/service/logger'
import { createFallback } from '@postern/service/redis-or-process'
import { type Config, redisServers } from '../config/index.js'
import type { Facts } from '../http/facts.js'
import type { Count } from './counter.js'
import { createPolicies } from './policies.js'
import { createProcessCounter } from './process-counter.js'
import { createRedisCounter } from './redis-counter.js'

/** A start waits no longer for Redis. Requests before that would count for this gateway only. */
const START_TIMEOUT_MS = 1000

/** A request waits no longer for its count. */
const COMMAND_TIMEOUT_MS = 250

export interface Limits {
  /** Null if the request counts for no limit. Never rejects. */
  readonly count: (facts: Facts) => Promise<Count> | null
  readonly close: () => Promise<void>
}

export async function createLimits(config: Config, logger: Logger): Promise<Limits> {
  const { cache: server } = redisServers(config)
  let isFailing = false
  const onError = (error: Error) => {
    // At each attempt to connect.
    if (!isFailing) logger.warn({ err: error }, 'limits are counted by each gateway for itself: Redis is unavailable')
    isFailing = true
  }
  const options = { commandTimeoutMs: COMMAND_TIMEOUT_MS, onError }
  const redis = server.cluster ? createRedisCluster(server, options) : createRedis(server, options)
  redis.on('ready', () => {
    if (isFailing) logger.info('limits are counted in Redis again')
    isFailing = false
  })
  await readyOrLate(redis)
  const policiesOf = createPolicies({
    overall: config.GATEWAY_RATE_LIMIT,
    user: config.GATEWAY_RATE_LIMIT_USER,
    address: config.GATEWAY_RATE_LIMIT_ADDRESS,
    routes: config.GATEWAY_RATE_LIMIT_ROUTES,
  })
  const countInRedis = createRedisCounter(redis, config.GATEWAY_KEY)
  const countInProcess = createProcessCounter(config.GATEWAY_INSTANCES)
  const fallback = createFallback()

  return {
    count(facts) {
      const policies = policiesOf(facts)
      if (policies.length === 0) return null
      return fallback(
        () => countInRedis(policies),
        () => Promise.resolve(countInProcess(policies)),
      ).then(({ result }) => result)
    },
    close: () => Promise.resolve(redis.disconnect()),
  }
}

async function readyOrLate(redis: RedisStore): Promise<void> {
  if (redis.status === 'ready') return
  // Not `once` of node:events, which rejects at the first error.
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, START_TIMEOUT_MS)
    redis.once('ready', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
