// The connections to MySQL and Redis that everything else shares, and how to read and write through them.
import { createRedis } from '@postern/service/redis'
import { createRedisCluster } from '@postern/service/redis-cluster'
import type { Logger } from '@postern/service/logger'
import {
  abandon,
  createMysqlPool,
  loadOf,
  openMysqlConnection,
  readServerState,
  recordConnection,
} from '@postern/service/database/mysql'
import { createOpenConnections } from '@postern/service/database/open-connections'
import { SERVER_STATE, type ServerVariable, toServerState } from '@postern/service/database/server-state'
import { createWithConnection, type WithConnection, within } from '@postern/service/database/connections'
import { createMysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createPrimary, RETIRE_REASONS } from '@postern/service/database/primary'
import { createProbe } from '@postern/service/database/probes'
import { createRead } from '@postern/service/database/reads'
import { createWrite } from '@postern/service/database/writes'
import { createPrismaOnDemand } from '../clients/prisma-on-demand.js'
import { type Config, databaseServer, rabbitmqServer, redisServers } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createTransactions } from '../repositories/database/transactions.js'
import { STORE_BATCHES } from '../services/usernames/index.js'
import { createBreakers } from './breakers.js'
import { checkComponent, checkPing } from './component-check.js'
import { logEvictionPolicy, logMovedConnections, logRedisErrors } from './log-events.js'

/** How long a username check waits for Redis before it reads from MySQL. */
const CACHE_TIMEOUT_MS = 50

/** How long one command of the revocation stream may take. */
const STREAM_TIMEOUT_MS = 2000

/** How many times DATABASE_TIMEOUT a transaction may take: a burst waits for a connection, and then each one is short. */
const WRITE_TIMEOUTS = 2

/** Prisma's part of the connections for transactions: it writes what is rarely called. */
const PRISMA_SHARE = 1 / 3

/** The part of the other connections that single statements which write get. Reads are short, and never wait for a lock. */
const UPDATE_SHARE = 1 / 2

/** Splits connections into those of a share and the rest, with at least one for each. */
function split(connections: number, share: number): [ofShare: number, rest: number] {
  const ofShare = Math.max(1, Math.floor(connections * share))
  return [ofShare, Math.max(1, connections - ofShare)]
}

/**
 * Events have connections of their own, so that a burst of them, or a broker that is slow to confirm, takes none from
 * requests: one for the relay, and two for the queues of the consumers.
 */
const EVENT_CONNECTIONS = 3

/** How long the health check waits for the revocation stream's server, which is not required. */
const HEALTH_TIMEOUT_MS = 500

export type Stores = ReturnType<typeof createStores>

/** Creates the connections: MySQL connects on first use, Redis at once. */
export function createStores({ config, logger, metrics }: { config: Config; logger: Logger; metrics: Metrics }) {
  const server = databaseServer(config)
  const database = { poolSize: config.DATABASE_POOL_SIZE, timeout: config.DATABASE_TIMEOUT }
  const connections = createOpenConnections()
  const countRetired = metrics.retiredConnections(RETIRE_REASONS)
  const logMoved = logMovedConnections(logger)
  const primary = createPrimary({
    connections,
    probe: createProbe(server),
    onRetired(reason, count) {
      countRetired(reason, count)
      logMoved(reason, count)
    },
  })
  const [prismaSize, writingSize] = split(database.poolSize, PRISMA_SHARE)
  const [updatingSize, readingSize] = split(database.poolSize, UPDATE_SHARE)
  // Each kind of write has connections of its own: those that wait for locks keep nothing else from reading or writing.
  const prisma = createPrismaOnDemand(server, { ...database, poolSize: prismaSize }, connections)
  const mysql = createMysqlPool(server, { ...database, poolSize: readingSize }, connections)
  const updates = createMysqlPool(server, { ...database, poolSize: updatingSize }, connections)
  const writes = createMysqlPool(server, { ...database, poolSize: writingSize, autocommit: false }, connections)
  // Username checks have connections of their own, so that they wait only for each other.
  const lookups = createMysqlPool(server, { ...database, poolSize: STORE_BATCHES.inFlight + 1 }, connections)
  const forEvents = createMysqlPool(server, { ...database, poolSize: EVENT_CONNECTIONS }, connections)
  metrics.watchPool('prisma', prisma.load)
  metrics.watchPool('mysql', () => loadOf(mysql))
  metrics.watchPool('updates', () => loadOf(updates))
  metrics.watchPool('transactions', () => loadOf(writes))
  metrics.watchPool('usernames', () => loadOf(lookups))
  metrics.watchPool('events', () => loadOf(forEvents))
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
  const onReadOnly = () => primary.suspect()
  const withConnection = createWithConnection(mysql, database)
  const withUpdatingConnection = createWithConnection(updates, database)
  const withWritingConnection = createWithConnection(writes, database)
  const withLookupConnection = createWithConnection(lookups, database)
  const withEventConnection = createWithConnection(forEvents, database)
  const ask = (on: WithConnection) => () => on((connection, bounded) => bounded(connection.query('SELECT 1')))
  /** Prisma has no connections before something has needed it. */
  const askPrisma = async () => {
    const client = prisma.loaded()
    if (client) await client.$queryRaw`SELECT 1`
  }
  const breakers = createBreakers(
    {
      mysql_reads: ask(withConnection),
      mysql_lookups: ask(withLookupConnection),
      mysql_updates: ask(withUpdatingConnection),
      mysql_writes: ask(withWritingConnection),
      mysql_prisma: askPrisma,
      redis_cache: () => cacheRedis.ping(),
      redis_stream: () => streamRedis.ping(),
    },
    [
      ...(config.CAPTCHA_URL === undefined ? [] : ['captcha' as const]),
      ...(config.BREACHED_PASSWORDS_URL === undefined ? [] : ['breached_passwords' as const]),
      ...config.OAUTH_PROVIDERS.map(({ name }) => `oauth_${name}` as const),
      ...(rabbitmqServer(config) ? ['rabbitmq' as const] : []),
    ],
    metrics,
  )
  const read = createRead(withConnection, breakers.mysql_reads.run)
  const guards = {
    updates: breakers.mysql_updates.run,
    writes: breakers.mysql_writes.run,
    prisma: breakers.mysql_prisma.run,
  }

  return {
    primary,
    breakers,
    transactions: createTransactions(prisma.client, {
      ...{ guard: guards.prisma, onReadOnly, timeout: WRITE_TIMEOUTS * config.DATABASE_TIMEOUT },
    }),
    mysqlTransaction: createMysqlTransaction(withWritingConnection, {
      ...{ guard: guards.writes, onReadOnly, autocommit: false },
    }),
    /** For jobs: their failures alone must not open a breaker for requests. */
    backgroundTransaction: createMysqlTransaction(withWritingConnection, { onReadOnly, autocommit: false }),
    /** For the outbox and the consumers of events. They fail alone: no breaker of requests opens. */
    events: {
      transaction: createMysqlTransaction(withEventConnection, { onReadOnly }),
      read: createRead(withEventConnection),
      write: createWrite(withEventConnection, { onReadOnly }),
    },
    read,
    write: createWrite(withUpdatingConnection, { guard: guards.updates, onReadOnly }),
    /** For jobs that read and write all the time: their failures alone must not open a breaker for requests. */
    readInBackground: createRead(withConnection),
    writeInBackground: createWrite(withUpdatingConnection, { onReadOnly }),
    readLookups: createRead(withLookupConnection, breakers.mysql_lookups.run),
    cacheRedis,
    guardCache: breakers.redis_cache.run,
    streamRedis,
    guardStream: breakers.redis_stream.run,
    /** A connection of its own, for a listener. */
    connectToStream: () => createRedis(servers.stream, { commandTimeoutMs: STREAM_TIMEOUT_MS, onError }),
    /** Opens a connection outside the pools, for an advisory lock. */
    async openConnection() {
      const connection = await openMysqlConnection(server, database)
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
      const canWrite = [
        () => guards.updates(ask(withUpdatingConnection)),
        () => guards.writes(ask(withWritingConnection)),
        () => guards.prisma(() => within(config.DATABASE_TIMEOUT * 1000, askPrisma())),
      ]
      const [mysqlState, redis, revocationRedis] = await Promise.all([
        checkComponent(() => Promise.all([primaryState(), ...canWrite.map((can) => can())]).then(([state]) => state)),
        checkPing(() => breakers.redis_cache.run(() => cacheRedis.ping())),
        checkPing(() => breakers.redis_stream.run(() => streamRedis.ping()), HEALTH_TIMEOUT_MS),
      ])
      return { mysql: mysqlState, redis, revocationRedis }
    },

    async close() {
      breakers.close()
      cacheRedis.disconnect()
      streamRedis.disconnect()
      await Promise.allSettled([
        prisma.disconnect(),
        ...[mysql, updates, writes, lookups, forEvents].map((pool) => pool.end()),
      ])
    },
  }
}
