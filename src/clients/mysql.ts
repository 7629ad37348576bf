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
    // A stack trace for each statement, in case it fails: nobody reads them, and they cost as much as the statement.
    trace: false,
  }
}

/** The pool for what Prisma does not do. Its connections are at READ COMMITTED. `timeout` in seconds. */
export function createMysqlPool(databaseUrl: string, options: { poolSize: number; timeout: number }): Pool {
  const pool = createPool({ ...connectionOptions(databaseUrl, options.timeout), connectionLimit: options.poolSize })
  // Comes before whatever the connection was opened for, and takes that along when it fails.
  pool.pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', (error) => {
      if (error) connection.destroy()
    })
  })
  return pool
}

/** One connection of its own: for advisory locks, which live as long as it does, and for migrations. */
export async function openMysqlConnection(
  databaseUrl: string,
  options: { timeout: number; multipleStatements?: boolean },
): Promise<Connection> {
  const connection = await createConnection({
    ...connectionOptions(databaseUrl, options.timeout),
    multipleStatements: options.multipleStatements ?? false,
  })
  // Without a listener the loss of an idle connection would end the process; the next query reports it anyway.
  connection.on('error', () => undefined)
  return connection
}
