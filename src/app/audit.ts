// Builds the audit log: writing entries, sealing, listing, verifying and erasing them.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { deriveSecret } from '@postern/service/sealing'
import { createAuditChainRepository } from '../repositories/audit/chain.js'
import { createAuditRepository } from '../repositories/audit/entries.js'
import {
  type AuditServices,
  createAuditErasure,
  createAuditKeys,
  createAuditListing,
  createAuditRetention,
  createAuditTrail,
  createAuditVerification,
  createRefusals,
  createSealer,
} from '../services/audit/index.js'
import { logSealing } from './log-events.js'
import type { Stores } from './stores.js'

/** Without an AUDIT_KEY it follows from another secret, which must then stay the same. */
const currentKey = ({ AUDIT_KEY, REFRESH_KEY }: Config): string =>
  AUDIT_KEY ?? deriveSecret(REFRESH_KEY, 'postern audit key v1')

export function createAudit({
  config,
  stores: { transactions, mysqlTransaction, read, readInBackground },
  metrics,
  logger,
  clock,
  announce,
}: {
  config: Config
  stores: Stores
  metrics: Metrics
  logger: Logger
  clock: Clock
  /** Says that the account of this user has changed. */
  announce: (userId: string) => void
}) {
  const keys = createAuditKeys(currentKey(config), config.AUDIT_KEY_PREVIOUS)
  const entries = createAuditRepository(read, announce)
  const chain = createAuditChainRepository(readInBackground, mysqlTransaction)
  const trail = createAuditTrail(entries, keys)
  const monotonic = () => performance.now()
  const refusals = createRefusals({ entries, transaction: mysqlTransaction, keys, monotonic })
  const erasure = createAuditErasure({ transactions, entries, trail })
  const sealer = createSealer(chain, keys, logSealing(logger, monotonic))
  metrics.watchAuditPosition(() => sealer.head().position)
  metrics.watchUnsealed(async () => (await chain.waiting()).seconds)
  const services: AuditServices = {
    listing: createAuditListing(entries),
    verify: createAuditVerification(chain, keys),
    erasure,
  }
  return {
    ...{ trail, refusals, erasure, services },
    /** Seals what is committed. */
    seal: () => sealer.step(),
    purge: createAuditRetention({ chain, keys, days: config.AUDIT_RETENTION_DAYS, clock }),
  }
}
