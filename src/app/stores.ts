// The connections to MySQL and Redis that everything else shares, and how to read and write through them.
import { withTimeout } from '@postern/contract/timeout'
import {
  abandon,
  createMysqlPool,
  loadOf,
  openMysqlConnection,
  readServerState,
  recordConnection,
} from '../clients/mysql.js'
import { createOpenConnections } from '../clients/open-connections.js'
import { createPrisma } from '../clients/prisma.js'
import { createRedis, createRedisCluster } from '../clients/redis.js'
import { SERVER_STATE, type ServerVariable, toServerState } from '../clients/server-state.js'
import type { Config } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics, PoolLoad } from '../platform/metrics.js'
import { createWithConnection } from '../repositories/database/connections.js'
import { createMysqlTransaction } from '../repositories/database/mysql-transactions.js'
import { createPrimary, RETIRE_REASONS } from '../repositories/database/primary.js'
import { createProbe } from '../repositories/database/probes.js'
import { createRead } from '../repositories/database/reads.js'
import { createTransactions } from '../repositories/database/transactions.js'
import { STORE_BATCHES } from '../services/usernames/index.js'
import { checkComponent, checkPing } from './component-check.js'
import { logEvictionPolicy, logMovedConnections, logRedisErrors } from './log-events.js'

/** How long a username check waits for Redis before it reads from MySQL. */
const CACHE_TIMEOUT_MS = 50

/** How long one command of the revocation stream may take. */
const STREAM_TIMEOUT_MS = 2000

/** How long the health check waits for the revocation stream's server, which is not required. */
const HEALTH_TIMEOUT_MS = 500

export type Stores = ReturnType<typeof createStores>

/** Creates the connections: MySQL connects on first use, Redis at once. */
export function createStores({ config, logger, metrics }: { config: Config; logger: Logger; metrics: Metrics }) {
  const database = { poolSize: config.DATABASE_POOL_SIZE, timeout: config.DATABASE_TIMEOUT }
  const connections = createOpenConnections()
  const countRetired = metrics.retiredConnections(RETIRE_REASONS)
  const logMoved = logMovedConnections(logger)
  const primary = createPrimary({
    connections,
    probe: createProbe(config.DATABASE_URL),
    onRetired(reason, count) {
      countRetired(reason, count)
      logMoved(reason, count)
    },
  })
  const onPool = (load: () => PoolLoad) => metrics.watchPool('prisma', load)
  const prisma = createPrisma(config.DATABASE_URL, { ...database, onPool }, connections)
  const mysql = createMysqlPool(config.DATABASE_URL, database, connections)
  // Username checks have connections of their own, so that they wait only for each other.
  const lookups = createMysqlPool(
    config.DATABASE_URL,
    { ...database, poolSize: STORE_BATCHES.inFlight + 1 },
    connections,
  )
  metrics.watchPool('mysql', () => loadOf(mysql))
  metrics.watchPool('usernames', () => loadOf(lookups))
  const onError = logRedisErrors(logger)
  const createCache = config.REDIS_CLUSTER ? createRedisCluster : createRedis
  const cacheRedis = createCache(config.REDIS_URL, { commandTimeoutMs: CACHE_TIMEOUT_MS, onError })
  const streamRedis = createRedis(config.REVOCATION_REDIS_URL, {
    commandTimeoutMs: STREAM_TIMEOUT_MS,
    onError,
    onEvictionPolicy: logEvictionPolicy(logger),
  })
  metrics.watchRedis('cache', () => cacheRedis.status === 'ready')
  metrics.watchRedis('revocations', () => streamRedis.status === 'ready')
  const onReadOnly = () => primary.suspect()
  const withConnection = createWithConnection(mysql, database)
  const read = createRead(withConnection)

  return {
    prisma,
    primary,
    transactions: createTransactions(prisma, onReadOnly),
    mysqlTransaction: createMysqlTransaction(withConnection, onReadOnly),
    read,
    readLookups: createRead(createWithConnection(lookups, database)),
    cacheRedis,
    streamRedis,
    /** Opens a connection outside the pools, for an advisory lock. */
    async openConnection() {
      const connection = await openMysqlConnection(config.DATABASE_URL, database)
      try {
        const state = await readServerState(connection, database)
        recordConnection(connection, state, connections)
        return { connection, ...state }
      } catch (error) {
        abandon(connection)
        throw error
      }
    },

    async health() {
      const primaryState = async () => {
        const { readOnly } = toServerState(await read<ServerVariable>(SERVER_STATE, []))
        return readOnly ? ('read-only' as const) : ('up' as const)
      }
      /** Prisma's pool is another one: most writes wait for it. */
      const writes = () =>
        withTimeout(prisma.$queryRaw`SELECT 1`, config.DATABASE_TIMEOUT * 1000, () => {
          throw new Error('no connection became free in time')
        })
      const [mysqlState, redis, revocationRedis] = await Promise.all([
        checkComponent(() => Promise.all([primaryState(), writes()]).then(([state]) => state)),
        checkPing(() => cacheRedis.ping()),
        checkPing(() => streamRedis.ping(), HEALTH_TIMEOUT_MS),
      ])
      return { mysql: mysqlState, redis, revocationRedis }
    },

    async close() {
      cacheRedis.disconnect()
      streamRedis.disconnect()
      await Promise.allSettled([prisma.$disconnect(), mysql.end(), lookups.end()])
    },
  }
}
