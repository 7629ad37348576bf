// Connects to MySQL with mysql2.
import { connect, isIP } from 'node:net'
import { createConnection, createPool, type Connection, type Pool, type PoolOptions } from 'mysql2/promise'
import type { PoolConnection } from 'mysql2'
import { breakOff, CLOSE_TIMEOUT_MS, createOpenConnections, type OpenConnections } from './open-connections.js'
import { SERVER_STATE, type ServerState, type ServerVariable, toServerState } from './server-state.js'
import type { PoolLoad } from '../connection-metrics.js'
import type { DatabaseServer } from './server.js'
import { tlsOptions } from './tls.js'

export type { Connection, Pool }

/**
 * For each connection. The driver reserves memory for all of them: half a megabyte for its default of 16,000. And the
 * server has a limit for all connections together, 16,382 by default.
 */
const MAX_STATEMENTS = 512

function connectionOptions(server: DatabaseServer, timeout: number): PoolOptions {
  const { host, port, socketPath, user, password, database } = server
  const ssl = tlsOptions(server)
  return {
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    user,
    password,
    database,
    ...(ssl && { ssl }),
    ...(ssl && isIP(host) && { stream: () => connectToAddress(host, port) }),
    connectTimeout: timeout * 1000,
    enableKeepAlive: true,
    timezone: 'Z',
    charset: 'utf8mb4',
    maxPreparedStatements: MAX_STATEMENTS,
    // A stack trace for each statement would cost as much as the statement.
    trace: false,
  }
}

/** mysql2 would compare the certificate with "localhost". Node.js takes the name to compare with from the socket. */
const connectToAddress = (host: string, port: number) =>
  Object.assign(connect({ host, port, noDelay: true, keepAlive: true }), { _host: host })

/**
 * A pool whose connections use READ COMMITTED and are recorded in `connections`. `timeout` is in seconds. Without
 * `autocommit`, the first statement begins a transaction, and nothing is kept before a COMMIT.
 */
export function createMysqlPool(
  server: DatabaseServer,
  options: { poolSize: number; timeout: number; autocommit?: boolean },
  connections: OpenConnections = createOpenConnections(),
): Pool {
  const pool = createPool({
    ...connectionOptions(server, options.timeout),
    connectionLimit: options.poolSize,
    gracefulEnd: true,
  })
  const idle = new WeakSet<PoolConnection>()
  // No event when a released connection goes straight to the next caller: it stays in use.
  pool.pool.on('acquire', (connection) => idle.delete(connection))
  pool.pool.on('release', (connection) => idle.add(connection))
  // Runs before the statement that the connection was opened for. If it fails, that statement fails too.
  pool.pool.on('connection', (connection) => {
    const failed = (error: unknown) => {
      if (error) connection.destroy()
    }
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', failed)
    if (options.autocommit === false) connection.query('SET SESSION autocommit = 0', failed)
    // The server would still execute a statement whose client has given up while it waited for a lock.
    const lockWait = `LEAST(@@innodb_lock_wait_timeout, ${Math.ceil(options.timeout)})`
    connection.query(`SET SESSION innodb_lock_wait_timeout = ${lockWait}`, failed)
    const entry = record(connection, connections, () => idle.has(connection))
    connection.query(SERVER_STATE, (error: unknown, rows: unknown) => {
      if (error) return failed(error)
      const state = toServerState(rows as ServerVariable[])
      entry.server = state.server
      connections.sighted(state)
    })
  })
  return pool
}

/** The types leave these lists out. */
interface PoolLists {
  _allConnections: { length: number }
  _freeConnections: { length: number }
  _connectionQueue: { length: number }
}

export function loadOf(pool: Pool): PoolLoad {
  const lists = pool.pool as unknown as PoolLists
  const idle = lists._freeConnections.length
  return { inUse: lists._allConnections.length - idle, idle, waiting: lists._connectionQueue.length }
}

/** Records a connection of a pool. Told to close, it leaves the pool at once if it is idle, else when it is released. */
function record(connection: PoolConnection, connections: OpenConnections, isIdle: () => boolean) {
  const stream = streamOf(connection)
  const entry = connections.add({
    isOpen: () => !stream.destroyed,
    close(urgent) {
      if (isIdle()) connection.end()
      if (urgent) setTimeout(() => breakOff(stream), CLOSE_TIMEOUT_MS).unref()
    },
  })
  const release = connection.release.bind(connection)
  connection.release = () => (entry.retired ? connection.end() : release())
  return entry
}

interface Stream {
  destroyed: boolean
  destroy(error?: Error): unknown
}

/** The types leave it out. `destroy()` of a connection would only announce the end and wait for the server's. */
function streamOf(connection: object): Stream {
  const { connection: wrapped = connection } = connection as { connection?: object }
  return (wrapped as { stream: Stream }).stream
}

/** A single connection: for migrations, and for advisory locks, which last as long as their connection. */
export async function openMysqlConnection(
  server: DatabaseServer,
  options: { timeout: number; multipleStatements?: boolean },
): Promise<Connection> {
  const connection = await createConnection({
    ...connectionOptions(server, options.timeout),
    multipleStatements: options.multipleStatements ?? false,
  })
  // Without a listener, the loss of an idle connection would end the process. The next query reports it anyway.
  connection.on('error', () => undefined)
  return connection
}

/** Asks which server the connection has reached. `timeout` is in seconds. */
export async function readServerState(connection: Connection, { timeout }: { timeout: number }): Promise<ServerState> {
  const [rows] = await connection.query({ sql: SERVER_STATE, timeout: timeout * 1000 })
  return toServerState(rows as ServerVariable[])
}

/** Ends a connection whose server may not respond. */
export function abandon(connection: Connection): void {
  streamOf(connection).destroy()
}

/** Records a single new connection. Told to close, it breaks off. */
export function recordConnection(connection: Connection, state: ServerState, connections: OpenConnections): void {
  connections.sighted(state)
  const stream = streamOf(connection)
  const entry = connections.add({ isOpen: () => !stream.destroyed, close: () => breakOff(stream) })
  entry.server = state.server
  // Its owner closes it, so it has no age.
  entry.expiresAt = Infinity
}
