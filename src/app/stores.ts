// The connections to MySQL and Redis that everything else shares, and how to read and write through them.
import { checkPing } from '@postern/service/component-check'
import { within } from '@postern/service/database/connections'
import { createDatabaseBreaker } from '@postern/service/database/database-breaker'
import { openDatabase, ping } from '@postern/service/database/open-database'
import { createRead } from '@postern/service/database/reads'
import type { Logger } from '@postern/service/logger'
import { createRedis } from '@postern/service/redis'
import { createRedisBreaker } from '@postern/service/redis-breaker'
import { createRedisCluster } from '@postern/service/redis-cluster'
import { createPrismaOnDemand } from '../clients/prisma-on-demand.js'
import { type Config, databaseServer, redisServers } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createTransactions } from '../repositories/database/transactions.js'
import { STORE_BATCHES } from '../services/usernames/index.js'
import { createBreakers } from './breakers.js'
import { logEvictionPolicy, logRedisErrors } from './log-events.js'

/** How long a username check waits for Redis before it reads from MySQL. */
const CACHE_TIMEOUT_MS = 50

/** How long one command of the revocation stream may take. */
const STREAM_TIMEOUT_MS = 2000

/** One wait for the cache is short, and a busy moment no outage. */
const TIMEOUTS_TO_OPEN = { cache: 5, stream: 3 }

/** How many times DATABASE_TIMEOUT a transaction may take: a burst waits for a connection, and then each one is short. */
const WRITE_TIMEOUTS = 2

/** Prisma's part of the connections for transactions: it writes what is rarely called. */
const PRISMA_SHARE = 1 / 3

/** How long the health check waits for the revocation stream's server, which is not required. */
const HEALTH_TIMEOUT_MS = 500

export type Stores = ReturnType<typeof createStores>

/** Creates the connections: MySQL connects on first use, Redis at once. */
export function createStores({ config, logger, metrics }: { config: Config; logger: Logger; metrics: Metrics }) {
  const server = databaseServer(config)
  const { DATABASE_POOL_SIZE: poolSize, DATABASE_TIMEOUT: timeout } = config
  const prismaSize = Math.max(1, Math.floor(poolSize * PRISMA_SHARE))
  const breakers = createBreakers(metrics)
  const database = openDatabase({
    ...{ server, poolSize, timeout, logger, metrics, breakers },
    transactionPoolSize: Math.max(1, poolSize - prismaSize),
  })
  const prisma = createPrismaOnDemand(server, { poolSize: prismaSize, timeout }, database.connections)
  // Username checks have connections of their own, so that they wait only for each other.
  const lookups = database.openPool('usernames', STORE_BATCHES.inFlight + 1)
  metrics.watchPool('prisma', prisma.load)
  const onError = logRedisErrors(logger)
  const servers = redisServers(config)
  const createCache = servers.cache.cluster ? createRedisCluster : createRedis
  const cacheRedis = createCache(servers.cache, { commandTimeoutMs: CACHE_TIMEOUT_MS, onError })
  const streamRedis = createRedis(servers.stream, {
    commandTimeoutMs: STREAM_TIMEOUT_MS,
    onError,
    onEvictionPolicy: logEvictionPolicy(logger),
  })
  metrics.watchRedis('cache', () => cacheRedis.status === 'ready')
  metrics.watchRedis('revocations', () => streamRedis.status === 'ready')
  /** Prisma has no connections before something has needed it. */
  const askPrisma = async () => {
    const client = prisma.loaded()
    if (client) await client.$queryRaw`SELECT 1`
  }
  const guardLookups = createDatabaseBreaker(breakers, {
    ...{ name: 'mysql_lookups', kind: 'read', probe: () => ping(lookups) },
  }).run
  const guardPrisma = createDatabaseBreaker(breakers, { name: 'mysql_prisma', kind: 'write', probe: askPrisma }).run
  const guardCache = createRedisBreaker(breakers, {
    ...{ name: 'redis_cache', timeoutsToOpen: TIMEOUTS_TO_OPEN.cache, probe: () => cacheRedis.ping() },
  }).run
  const guardStream = createRedisBreaker(breakers, {
    ...{ name: 'redis_stream', timeoutsToOpen: TIMEOUTS_TO_OPEN.stream, probe: () => streamRedis.ping() },
  }).run

  return {
    breakers,
    /** The database's time. */
    clock: database.clock,
    primary: database.primary,
    read: database.read,
    write: database.write,
    transactions: createTransactions(prisma.client, {
      ...{ guard: guardPrisma, onReadOnly: () => database.primary.suspect(), timeout: WRITE_TIMEOUTS * timeout },
    }),
    mysqlTransaction: database.transaction,
    /** For jobs: their failures alone must not open a breaker for requests. */
    backgroundTransaction: database.background.transaction,
    readInBackground: database.background.read,
    writeInBackground: database.background.write,
    /** For the outbox and the consumers of events. */
    events: database.events,
    readLookups: createRead(lookups, guardLookups),
    cacheRedis,
    guardCache,
    streamRedis,
    guardStream,
    /** A connection of its own, for a listener. */
    connectToStream: () => createRedis(servers.stream, { commandTimeoutMs: STREAM_TIMEOUT_MS, onError }),
    /** Opens a connection outside the pools, for an advisory lock. */
    openConnection: () => database.openConnection(),

    async health() {
      const canWriteThroughPrisma = () => guardPrisma(() => within(timeout * 1000, askPrisma()))
      const [mysql, redis, revocationRedis] = await Promise.all([
        database.health([canWriteThroughPrisma]),
        checkPing(() => guardCache(() => cacheRedis.ping())),
        checkPing(() => guardStream(() => streamRedis.ping()), HEALTH_TIMEOUT_MS),
      ])
      return { mysql, redis, revocationRedis }
    },

    async close() {
      breakers.close()
      cacheRedis.disconnect()
      streamRedis.disconnect()
      await Promise.allSettled([prisma.disconnect(), database.close()])
    },
  }
}
