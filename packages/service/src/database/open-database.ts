// The database of a service: its connections, and how to read and write through them.
import type { BreakerSet } from '../breaker-set.js'
import { checkComponent } from '../component-check.js'
import type { ConnectionMetrics } from '../connection-metrics.js'
import type { Logger } from '../logger.js'
import { createWithConnection, type WithConnection } from './connections.js'
import { createDatabaseBreaker } from './database-breaker.js'
import { createDatabaseClock } from './database-clock.js'
import {
  abandon,
  createMysqlPool,
  loadOf,
  openMysqlConnection,
  type Pool,
  readServerState,
  recordConnection,
} from './mysql.js'
import { createMysqlTransaction, type MysqlTransaction } from './mysql-transactions.js'
import { createOpenConnections, type OpenConnections } from './open-connections.js'
import { createPrimary, RETIRE_REASONS } from './primary.js'
import { createProbe } from './probes.js'
import { createRead, type Read } from './reads.js'
import type { DatabaseServer } from './server.js'
import { SERVER_STATE, type ServerVariable, toServerState } from './server-state.js'
import { createWrite, type Write } from './writes.js'

/**
 * Events have connections of their own, so that a burst of them, or a broker that is slow to confirm, takes none from
 * requests: one for the relay, and two for the queues of the consumers.
 */
const EVENT_CONNECTIONS = 3

/** What reads and writes. Everything throws SERVICE_UNAVAILABLE if the database is unavailable. */
export interface DatabaseAccess {
  /** Single SELECTs. */
  read: Read
  /** Single statements that write. */
  write: Write
  transaction: MysqlTransaction
}

export interface DatabaseOptions {
  server: DatabaseServer
  /** So many connections for transactions, and as many for single statements. */
  poolSize: number
  /** So many of those for transactions, if others need the rest. */
  transactionPoolSize?: number
  /** How long a wait for the database may take, in seconds. */
  timeout: number
  logger: Logger
  metrics: Pick<ConnectionMetrics, 'watchPool' | 'retiredConnections'>
  breakers: BreakerSet
}

export type Database = ReturnType<typeof openDatabase>

/**
 * Connects on first use. Each kind of work has connections of its own: those that wait for locks keep nothing else from
 * reading or writing.
 */
export function openDatabase(options: DatabaseOptions) {
  const { server, poolSize, transactionPoolSize = poolSize, timeout, metrics, breakers } = options
  const connections = createOpenConnections()
  const primary = followPrimary(options, connections)
  const onReadOnly = () => primary.suspect()
  const pools: Pool[] = []

  /** Opens more connections. Their load is in the metrics under `name`. */
  function openPool(name: string, size: number, { autocommit = true }: { autocommit?: boolean } = {}): WithConnection {
    const pool = createMysqlPool(server, { poolSize: size, timeout, autocommit }, connections)
    pools.push(pool)
    metrics.watchPool(name, () => loadOf(pool))
    return createWithConnection(pool, { timeout })
  }

  const updatingSize = Math.max(1, Math.floor(poolSize / 2))
  const reading = openPool('mysql', Math.max(1, poolSize - updatingSize))
  const updating = openPool('updates', updatingSize)
  const writing = openPool('transactions', transactionPoolSize, { autocommit: false })
  const forEvents = openPool('events', EVENT_CONNECTIONS)
  const guardOf = (name: string, kind: 'read' | 'write', connection: WithConnection) =>
    createDatabaseBreaker(breakers, { name, kind, probe: () => ping(connection) }).run
  const guardReads = guardOf('mysql_reads', 'read', reading)
  const guardUpdates = guardOf('mysql_updates', 'write', updating)
  const guardWrites = guardOf('mysql_writes', 'write', writing)
  const read = createRead(reading, guardReads)
  const access: DatabaseAccess = {
    read,
    write: createWrite(updating, { guard: guardUpdates, onReadOnly }),
    transaction: createMysqlTransaction(writing, { guard: guardWrites, onReadOnly, autocommit: false }),
  }
  /** For jobs that read and write all the time: their failures alone must not open a breaker for requests. */
  const background: DatabaseAccess = {
    read: createRead(reading),
    write: createWrite(updating, { onReadOnly }),
    transaction: createMysqlTransaction(writing, { onReadOnly, autocommit: false }),
  }
  /** For the outbox and the consumers of events. They fail alone: no breaker of requests opens. */
  const events: DatabaseAccess = {
    read: createRead(forEvents),
    write: createWrite(forEvents, { onReadOnly }),
    transaction: createMysqlTransaction(forEvents, { onReadOnly }),
  }

  return {
    ...access,
    background,
    events,
    /** The database's time: `prepare` it before the first request, and `synchronize` it again and again. */
    clock: createDatabaseClock(read),
    /** Keeps the connections on the primary: `check` it again and again. */
    primary,
    /** All that are open, so that others can be added. */
    connections,
    openPool,

    /** Opens a connection outside the pools, for an advisory lock. */
    async openConnection() {
      const connection = await openMysqlConnection(server, { timeout })
      try {
        const state = await readServerState(connection, { timeout })
        recordConnection(connection, state, connections)
        return { connection, ...state }
      } catch (error) {
        abandon(connection)
        throw error
      }
    },

    /** Whether requests can read and write, and how long the check took. `others`: what else must succeed. */
    health: (others: readonly (() => Promise<unknown>)[] = []) =>
      checkComponent(async () => {
        const canWrite = [() => guardUpdates(() => ping(updating)), () => guardWrites(() => ping(writing)), ...others]
        const [rows] = await Promise.all([read<ServerVariable>(SERVER_STATE, []), ...canWrite.map((can) => can())])
        return toServerState(rows).readOnly ? ('read-only' as const) : ('up' as const)
      }),

    async close(): Promise<void> {
      await Promise.allSettled(pools.map((pool) => pool.end()))
    },
  }
}

/** Asks for something small. */
export const ping = (on: WithConnection): Promise<unknown> =>
  on((connection, bounded) => bounded(connection.query('SELECT 1')))

function followPrimary({ server, logger, metrics }: DatabaseOptions, connections: OpenConnections) {
  const countRetired = metrics.retiredConnections(RETIRE_REASONS)
  return createPrimary({
    connections,
    probe: createProbe(server),
    onRetired(reason, count) {
      countRetired(reason, count)
      // Routine.
      if (reason === 'age') return
      const why = reason === 'moved' ? 'new connections reach another server' : 'their server is read-only'
      logger.warn({ count }, `closing connections to the database: ${why}`)
    },
  })
}
