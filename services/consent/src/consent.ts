// Builds the domain of the service: purposes, consents, their history, and who may ask.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import type { Connection } from '@postern/service/database/mysql'
import type { Logger } from '@postern/service/logger'
import { createMacKeys } from '@postern/service/mac-keys'
import type { Guard } from '@postern/service/breakers'
import { ConfigError } from '@postern/service/config-error'
import type { RedisStore } from '@postern/service/redis'
import { type Config, controllerOf } from './config/index.js'
import { createRecordChange, type RecordEvent } from './consents/changes.js'
import { createErasure } from './consents/erasure.js'
import { createExpiry } from './consents/expiry.js'
import { createGranting } from './consents/granting.js'
import { createIdempotency } from './consents/idempotency.js'
import { createRetention } from './consents/retention.js'
import { createRevoking } from './consents/revoking.js'
import { createStoredConsents } from './consents/stored-consents.js'
import { createExporting } from './export/exporting.js'
import { createPageTokens } from './export/page-tokens.js'
import { changeRuns } from './grpc/changes.js'
import { exportRuns } from './grpc/export.js'
import { createCallLimits } from './grpc/limits.js'
import { readRuns } from './grpc/reads.js'
import type { ConsentRuns } from './grpc/rpc.js'
import { validityRuns } from './grpc/validity.js'
import { createChains } from './history/chains.js'
import { createHistories } from './history/histories.js'
import { protectHistory } from './history/protection.js'
import { checkUsedKeys, createKeyRetirement } from './history/used-keys.js'
import { createHistoryVerification } from './history/verify-history.js'
import type { ConsentMetrics } from './metrics.js'
import { type Catalog, createCatalog, PurposesError } from './purposes/catalog.js'
import { createReleases } from './purposes/releases.js'
import { createFindFacts } from './validation/consent-facts.js'
import { createDeniedCache } from './validation/denied-cache.js'
import { createValidation } from './validation/validation.js'

interface Parts {
  config: Config
  logger: Logger
  metrics: ConsentMetrics
  /** For calls. `lookups`: reads that have connections of their own, for ValidateConsent. */
  database: DatabaseAccess & { lookups: DatabaseAccess['read'] }
  /** For jobs. */
  background: DatabaseAccess
  openConnection: () => Promise<{ connection: Connection }>
  redis: RedisStore
  guardRedis: Guard
  recordEvent: RecordEvent
}

/** How long this process keeps a "no", which another process can't take back. */
const MEMORY_MS = 1000

const MEMORY_SIZE = 50_000

/** Throws a ConfigError if CONSENT_PURPOSES_FILE breaks a rule. */
export function createConsent(parts: Parts) {
  const { config, logger, metrics, database, background, redis, guardRedis, recordEvent } = parts
  const catalog = naming(() => catalogOf(config))
  const controller = controllerOf(config)
  const keys = createMacKeys('consent', config.CONSENT_KEY, config.CONSENT_KEY_PREVIOUS)
  const options = { ttlMs: config.CONSENT_DENIED_TTL * 1000, memoryMs: MEMORY_MS, size: MEMORY_SIZE }
  const denied = createDeniedCache(redis, options, guardRedis)
  const count = createCallLimits()

  function onDamaged(userId: string): void {
    metrics.onDamaged()
    logger.error(
      { userId },
      'the head of a history of consents is not genuine: someone else has written to the database',
    )
  }

  /** With its own connections, jobs keep no call from reading or writing. */
  function changing({ read, write, transaction }: DatabaseAccess) {
    const chains = createChains(transaction, keys, { onDamaged })
    const consents = createStoredConsents(read)
    const idempotency = createIdempotency(write)
    const record = createRecordChange({ consents, recordEvent, controller })
    return { chains, consents, idempotency, record }
  }

  const calls = changing(database)
  const jobs = changing(background)
  const histories = createHistories(database.read)
  const erasure = createErasure({ ...jobs, database: background })
  const releases = createReleases(database.read, database.write)
  const verifyHistory = createHistoryVerification(histories, keys)
  const validation = createValidation({
    ...{ findFacts: createFindFacts(database.lookups), denied, onAnswered: metrics.onAnswered },
  })
  const exportConsents = createExporting({ consents: calls.consents, histories, releases, controller })
  const runs: ConsentRuns = {
    ...changeRuns({
      ...{ catalog, count, jurisdiction: config.CONSENT_JURISDICTION ?? null },
      ...{ grant: createGranting({ ...calls, denied }), revoke: createRevoking({ ...calls, catalog }) },
    }),
    ...validityRuns({ catalog, validation, count }),
    ...readRuns({ catalog, controller, consents: calls.consents, histories, verifyHistory, count }),
    ...exportRuns({ exportConsents, tokens: createPageTokens(keys), count }),
  }

  return {
    runs,
    /** In the transaction of the event. */
    erase: erasure.erase,
    /** Erases what one transaction could not. */
    finishErasures: erasure.finish,
    expire: createExpiry(jobs),
    retire: createRetention({ ...jobs, read: background.read, years: config.CONSENT_RETENTION_YEARS, onDamaged }),
    retireKeys: createKeyRetirement(background.read, background.write, keys, config.CONSENT_RETENTION_YEARS),
    purgeIdempotencyKeys: jobs.idempotency.purge,

    /** Before the first call. Rejects with a ConfigError if the database has been written with other texts or keys. */
    async prepare(): Promise<void> {
      await checkUsedKeys(database.read, database.write, keys)
      await naming(() => releases.release(catalog))
      await protectHistory(parts.openConnection, logger)
    },
  }
}

const catalogOf = (config: Config): Catalog =>
  createCatalog({
    file: config.CONSENT_PURPOSES_FILE ?? null,
    language: config.CONSENT_LANGUAGE,
    lifetimeDays: config.CONSENT_LIFETIME_DAYS,
  })

/** Names the variable that has to change. */
function naming<T>(work: () => T): T {
  const rethrow = (error: unknown): never => {
    if (error instanceof PurposesError) throw new ConfigError(`CONSENT_PURPOSES_FILE: ${error.message}.`)
    throw error
  }
  try {
    const result = work()
    return result instanceof Promise ? (result.catch(rethrow) as T) : result
  } catch (error) {
    return rethrow(error)
  }
}
