// Builds the consent service: its RPCs, what it consumes and publishes, and its jobs.
import { ConsentService } from '@postern/proto/consent'
import { checkPing } from '@postern/service/component-check'
import { createRead } from '@postern/service/database/reads'
import { createDatabaseBreaker } from '@postern/service/database/database-breaker'
import { ping } from '@postern/service/database/open-database'
import type { ProgramParts, ProgramWork } from '@postern/service/program'
import { createRedis } from '@postern/service/redis'
import { createRedisBreaker } from '@postern/service/redis-breaker'
import { createRedisCluster } from '@postern/service/redis-cluster'
import { redisServers } from '@postern/service/redis-variables'
import type { Config } from './config/index.js'
import { createConsent } from './consent.js'
import { openEvents } from './events.js'
import { createConsentMetrics } from './metrics.js'
import { STORE_BATCHES } from './validation/validation.js'

/** How long a question waits for Redis before it reads from MySQL. A busy moment can exceed it, so it takes many to open a breaker. */
const CACHE_TIMEOUT_MS = 50
const TIMEOUTS_TO_OPEN = 5

/** How soon an end is recorded. It counts at once, recorded or not. */
const EXPIRY_INTERVAL_MS = 5000
const EVENTS_INTERVAL_MS = 1000
const ERASURE_INTERVAL_MS = 1000
const HOUR_MS = 3_600_000
const PURGE_BATCH = 1000

export function build(parts: ProgramParts<Config>): ProgramWork {
  const { config, logger, database, breakers, server, calls } = parts
  const { cache } = redisServers(config)
  const redis = (cache.cluster ? createRedisCluster : createRedis)(cache, {
    commandTimeoutMs: CACHE_TIMEOUT_MS,
    onError: (error) => logger.debug({ err: error }, 'the cache of denied consents'),
  })
  const redisBreaker = createRedisBreaker(breakers, {
    ...{ name: 'redis_cache', timeoutsToOpen: TIMEOUTS_TO_OPEN, probe: () => redis.ping() },
  })
  // Questions have connections of their own, so that they wait only for each other.
  const lookups = database.openPool('lookups', STORE_BATCHES.inFlight)
  const lookupBreaker = createDatabaseBreaker(breakers, {
    ...{ name: 'mysql_lookups', kind: 'read', probe: () => ping(lookups) },
  })
  const events = openEvents(parts)
  const consent = createConsent({
    ...{ config, logger, background: database.background, redis, guardRedis: redisBreaker.run },
    database: { ...database, lookups: createRead(lookups, lookupBreaker.run) },
    metrics: createConsentMetrics(parts.metrics),
    openConnection: () => database.openConnection(),
    recordEvent: (tx, userId, event) => events.trail.record(tx, userId, event),
  })
  server.add(ConsentService, consent.runs, calls)

  return {
    receives: [{ name: 'erasure', types: ['user.deleted'], write: ({ userId }, tx) => consent.erase(tx, userId) }],
    jobs: [
      [EVENTS_INTERVAL_MS, () => events.step(), 'publishing and processing events'],
      [HOUR_MS, () => events.purge(database.clock.now()), 'deleting old events'],
      [EXPIRY_INTERVAL_MS, (stopping) => consent.expire(stopping), 'recording expired consents'],
      [ERASURE_INTERVAL_MS, (stopping) => consent.finishErasures(stopping), 'erasing the rest of deleted users'],
      [HOUR_MS, (stopping) => consent.retire(stopping), 'deleting what is older than the retention'],
      [HOUR_MS, () => consent.retireKeys(), 'forgetting keys that nothing was written with'],
      [
        HOUR_MS,
        async () => {
          while ((await consent.purgeIdempotencyKeys(PURGE_BATCH)) === PURGE_BATCH);
        },
        'deleting old idempotency keys',
      ],
    ],
    check: async () => ({ redis: await checkPing(() => redisBreaker.run(() => redis.ping())) }),
    async prepare() {
      await consent.prepare()
      await events.start()
    },
    async close() {
      await events.close()
      redis.disconnect()
    },
  }
}
