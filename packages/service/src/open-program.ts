// Opens what a service beside Postern and its commands need: its database, and what counts and logs what becomes of it.
import { type BreakerSet, createBreakerSet } from './breaker-set.js'
import { ConfigError } from './config-error.js'
import { databaseProblem } from './database/access.js'
import { type Database, openDatabase } from './database/open-database.js'
import { toDatabaseServer } from './database/server.js'
import type { Logger } from './logger.js'
import { createProgramMetrics, type ProgramMetrics } from './program-metrics.js'
import { requireMigrations } from './program-migrations.js'
import type { ProgramConfig } from './program-variables.js'
import { reportTracing } from './start-tracing.js'
import type { Tracing } from './tracing/tracing.js'

/** Where a service has its data. */
export interface StoredProgram<Config extends ProgramConfig> {
  /** The folder of its migrations. */
  readonly migrations: URL
  /** The variable with the URL of its database. */
  readonly databaseUrl: keyof Config & string
}

export interface OpenParts<Config extends ProgramConfig> {
  readonly config: Config
  readonly logger: Logger
  readonly database: Database
  readonly breakers: BreakerSet
  readonly metrics: ProgramMetrics
  /** Null without traces. */
  readonly tracing: Tracing | null
}

/** Rejects with a ConfigError, for an operator, if the database can't be used. */
export async function openProgram<Config extends ProgramConfig>(
  { migrations, databaseUrl: urlName }: StoredProgram<Config>,
  config: Config,
  { logger, tracing = null }: { logger: Logger; tracing?: Tracing | null },
): Promise<{ parts: OpenParts<Config>; close: () => Promise<void> }> {
  const server = toDatabaseServer(String(config[urlName]), config)
  const { DATABASE_TIMEOUT: timeout, DATABASE_POOL_SIZE: poolSize } = config
  const problem = await databaseProblem(server, { urlName, timeout })
  if (problem !== null) throw new ConfigError(problem)
  await requireMigrations(server, migrations, { urlName, timeout })

  const metrics = createProgramMetrics()
  if (tracing) reportTracing(tracing, { logger, metrics })
  const breakers = createBreakerSet((names, stateOf) => metrics.circuitBreakers(names, stateOf))
  const database = openDatabase({ server, poolSize, timeout, logger, metrics, breakers })
  return {
    parts: { config, logger, database, breakers, metrics, tracing },
    async close() {
      breakers.close()
      await database.close()
    },
  }
}
