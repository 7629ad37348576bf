import { openMysqlConnection } from './clients/mysql.js'
import type { DatabaseConfig, KeysConfig } from './config.js'
import { createKeyFiles } from './repositories/key-files.js'
import { applyMigrations } from './repositories/migrations.js'
import type { Clock } from './services/clock.js'
import { createKeyRotation } from './services/key-rotation.js'

// What an operator runs beside the service, each with no more of the configuration than it needs.

/** Brings the database up to date and returns the names of the migrations applied. */
export async function migrateDatabase(config: DatabaseConfig): Promise<string[]> {
  const options = { timeout: config.DATABASE_TIMEOUT, multipleStatements: true }
  const connection = await openMysqlConnection(config.DATABASE_URL, options)
  try {
    return await applyMigrations(connection)
  } finally {
    await connection.end()
  }
}

/** What `keys` does with the files of KEYS_DIR; needs no database. */
export function createKeyCommands(config: KeysConfig, clock: Clock = () => new Date()) {
  return createKeyRotation({
    files: createKeyFiles(config.KEYS_DIR),
    life: { ttl: config.ACCESS_TOKEN_TTL, clockSkew: config.CLOCK_SKEW },
    cacheTtl: config.JWKS_CACHE_TTL,
    clock,
  })
}
