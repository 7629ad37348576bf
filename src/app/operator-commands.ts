// The commands that an operator runs beside the service, each with only the configuration that it needs.
import { openMysqlConnection } from '../clients/mysql.js'
import { type DatabaseConfig, databaseServer, type KeysConfig } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import { applyMigrations } from '../repositories/database/migrations.js'
import { createKeyFiles } from '../repositories/tokens/key-files.js'
import { createKeyRotation } from '../services/tokens/index.js'

/** Brings the database up to date and returns the names of the migrations applied. */
export async function migrateDatabase(config: DatabaseConfig): Promise<string[]> {
  const options = { timeout: config.DATABASE_TIMEOUT, multipleStatements: true }
  const connection = await openMysqlConnection(databaseServer(config), options)
  try {
    return await applyMigrations(connection)
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
