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
  }
}

/** The pool for the few reads that join or batch by hand. `timeout` in seconds. */
export function createMysqlPool(databaseUrl: string, options: { poolSize: number; timeout: number }): Pool {
  return createPool({ ...connectionOptions(databaseUrl, options.timeout), connectionLimit: options.poolSize })
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
