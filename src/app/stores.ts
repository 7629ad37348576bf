// The connections to MySQL and Redis that everything else shares, and how to read and write through them.
import { withTimeout } from '@postern/contract/timeout'
import { createMysqlPool, openMysqlConnection } from '../clients/mysql.js'
import { createPrisma } from '../clients/prisma.js'
import { createRedis } from '../clients/redis.js'
import { createRedisCluster } from '../clients/redis-cluster.js'
import { type Config, redisServers } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import { createWithConnection } from '../repositories/database/connections.js'
import { createMysqlTransaction } from '../repositories/database/mysql-transactions.js'
import { createRead } from '../repositories/database/reads.js'
import { createTransactions } from '../repositories/database/transactions.js'
import { STORE_BATCHES } from '../services/usernames/index.js'
import { logEvictionPolicy, logRedisErrors } from './log-events.js'

/** How long a username check waits for Redis before it reads from MySQL. */
const CACHE_TIMEOUT_MS = 50

/** How long one command of the revocation stream may take. */
const STREAM_TIMEOUT_MS = 2000

/** How long the health check waits for the revocation stream's server, which is not required. */
const HEALTH_TIMEOUT_MS = 500

export type Stores = ReturnType<typeof createStores>

/** Creates the connections: MySQL connects on first use, Redis at once. */
export function createStores({ config, logger }: { config: Config; logger: Logger }) {
  const database = { poolSize: config.DATABASE_POOL_SIZE, timeout: config.DATABASE_TIMEOUT }
  const prisma = createPrisma(config.DATABASE_URL, database)
  const mysql = createMysqlPool(config.DATABASE_URL, database)
  // Username checks have connections of their own, so that they wait only for each other.
  const lookups = createMysqlPool(config.DATABASE_URL, { ...database, poolSize: STORE_BATCHES.inFlight + 1 })
  const onError = logRedisErrors(logger)
  const servers = redisServers(config)
  const createCache = servers.cache.cluster ? createRedisCluster : createRedis
  const cacheRedis = createCache(servers.cache, { commandTimeoutMs: CACHE_TIMEOUT_MS, onError })
  const streamRedis = createRedis(servers.stream, {
    commandTimeoutMs: STREAM_TIMEOUT_MS,
    onError,
    onEvictionPolicy: logEvictionPolicy(logger),
  })
  const withConnection = createWithConnection(mysql, database)
  const read = createRead(withConnection)

  return {
    prisma,
    transactions: createTransactions(prisma),
    mysqlTransaction: createMysqlTransaction(withConnection),
    read,
    readLookups: createRead(createWithConnection(lookups, database)),
    cacheRedis,
    streamRedis,
    /** Opens a connection outside the pools, for an advisory lock. */
    openConnection: () => openMysqlConnection(config.DATABASE_URL, database),

    async health() {
      const state = (check: Promise<unknown>) => check.then(() => 'up' as const).catch(() => 'down' as const)
      const [mysqlState, redisState, revocationRedisState] = await Promise.all([
        state(read('SELECT 1', [])),
        state(cacheRedis.ping()),
        withTimeout(state(streamRedis.ping()), HEALTH_TIMEOUT_MS, () => 'down' as const),
      ])
      return { mysql: mysqlState, redis: redisState, revocationRedis: revocationRedisState }
    },

    async close() {
      cacheRedis.disconnect()
      streamRedis.disconnect()
      await Promise.allSettled([prisma.$disconnect(), mysql.end(), lookups.end()])
    },
  }
}
