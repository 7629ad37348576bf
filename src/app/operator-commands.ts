// The commands that an operator runs beside the service, each with only the configuration that it needs.
import { type Connection, openMysqlConnection } from '@postern/service/database/mysql'
import type { Clock } from '@postern/service/clock'
import { applyMigrations } from '@postern/service/database/migrations'
import { type DatabaseConfig, databaseServer, type KeysConfig } from '../config/index.js'
import { assignInternationalEmails, type SharedMailbox } from '../repositories/accounts/international-emails.js'
import { createKeyFiles } from '../repositories/tokens/key-files.js'
import { createKeyRotation } from '../services/tokens/index.js'
import { MIGRATIONS } from './migrations.js'

/** Brings the database up to date and returns the names of the migrations applied. */
export const migrateDatabase = (config: DatabaseConfig): Promise<string[]> =>
  withConnection(config, (connection) => applyMigrations(connection, MIGRATIONS))

/** The part of a migration that SQL can't do. Returns the accounts whose mailbox another account has. */
export const findSharedMailboxes = (config: DatabaseConfig): Promise<SharedMailbox[]> =>
  withConnection(config, assignInternationalEmails)

async function withConnection<T>(config: DatabaseConfig, use: (connection: Connection) => Promise<T>): Promise<T> {
  const options = { timeout: config.DATABASE_TIMEOUT, multipleStatements: true }
  const connection = await openMysqlConnection(databaseServer(config), options)
  try {
    return await use(connection)
  } finally {
    await connection.end()
  }
}

/** The `keys` commands, which work on the files of KEYS_DIR and need no database. */
export function createKeyCommands(config: KeysConfig, clock: Clock = () => new Date()) {
  return createKeyRotation({
    files: createKeyFiles(config.KEYS_DIR),
    life: { ttl: config.ACCESS_TOKEN_TTL, clockSkew: config.CLOCK_SKEW },
    cacheTtl: config.JWKS_CACHE_TTL,
    clock,
  })
}
