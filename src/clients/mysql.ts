// Connects to MySQL with mysql2.
import { createConnection, createPool, type Connection, type Pool, type PoolOptions } from 'mysql2/promise'
import { parseDatabaseUrl } from './database-url.js'

export type { Connection, Pool }

function connectionOptions(databaseUrl: string, timeout: number): PoolOptions {
  const { ssl, host, port, user, password, database } = parseDatabaseUrl(databaseUrl)
  return {
    host,
    port,
    user,
    password,
    database,
    ...(ssl && { ssl }),
    connectTimeout: timeout * 1000,
    enableKeepAlive: true,
    timezone: 'Z',
    charset: 'utf8mb4',
    // A stack trace for each statement would cost as much as the statement.
    trace: false,
  }
}

/** A pool whose connections use READ COMMITTED. `timeout` is in seconds. */
export function createMysqlPool(databaseUrl: string, options: { poolSize: number; timeout: number }): Pool {
  const pool = createPool({ ...connectionOptions(databaseUrl, options.timeout), connectionLimit: options.poolSize })
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
  databaseUrl: string,
  options: { timeout: number; multipleStatements?: boolean },
): Promise<Connection> {
  const connection = await createConnection({
    ...connectionOptions(databaseUrl, options.timeout),
    multipleStatements: options.multipleStatements ?? false,
  })
  // Without a listener, the loss of an idle connection would end the process. The next query reports it anyway.
  connection.on('error', () => undefined)
  return connection
}
