// The migrations of a service beside Postern: applied by its command, and required at its start.
import { ConfigError } from './config-error.js'
import { applyMigrations, compareMigrations } from './database/migrations.js'
import { type Connection, openMysqlConnection } from './database/mysql.js'
import type { DatabaseServer } from './database/server.js'

interface Options {
  /** The name of the variable with the URL of the database. */
  readonly urlName: string
  /** In seconds, for each answer of the database. */
  readonly timeout: number
}

async function withConnection<T>(
  server: DatabaseServer,
  options: Parameters<typeof openMysqlConnection>[1],
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await openMysqlConnection(server, options)
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}

/** Applies what is missing, and returns the names. `folder` ends with a slash. */
export const migrateProgram = (server: DatabaseServer, folder: URL, timeout: number): Promise<string[]> =>
  withConnection(server, { timeout, multipleStatements: true }, (connection) => applyMigrations(connection, folder))

/** Throws a ConfigError if the database lacks a migration, or if a person must repair it. One of a newer version does no harm. */
export async function requireMigrations(
  server: DatabaseServer,
  folder: URL,
  { urlName, timeout }: Options,
): Promise<void> {
  const { missing, broken } = await withConnection(server, { timeout }, (connection) =>
    compareMigrations(connection, folder),
  )
  if (broken !== null) throw new ConfigError(`${urlName}: ${broken}`)
  if (missing.length > 0)
    throw new ConfigError(
      `${urlName}: the database lacks migrations (${missing.join(', ')}). Run the command \`migrate\`.`,
    )
}
