// Connects to MySQL with mysql2.
import { connect, isIP } from 'node:net'
import { createConnection, createPool, type Connection, type Pool, type PoolOptions } from 'mysql2/promise'
import type { DatabaseServer } from '../config/index.js'
import { tlsOptions } from './tls.js'

export type { Connection, Pool }

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
    // A stack trace for each statement would cost as much as the statement.
    trace: false,
  }
}

/** mysql2 would compare the certificate with "localhost". Node.js takes the name to compare with from the socket. */
const connectToAddress = (host: string, port: number) =>
  Object.assign(connect({ host, port, noDelay: true, keepAlive: true }), { _host: host })

/** A pool whose connections use READ COMMITTED. `timeout` is in seconds. */
export function createMysqlPool(server: DatabaseServer, options: { poolSize: number; timeout: number }): Pool {
  const pool = createPool({ ...connectionOptions(server, options.timeout), connectionLimit: options.poolSize })
  // Runs before the statement that the connection was opened for. If it fails, that statement fails too.
  pool.pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', (error) => {
      if (error) connection.destroy()
    })
  })
  return pool
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
