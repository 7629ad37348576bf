// Builds password hashing: the hasher process, its queue, and the service that verifies and hashes.
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createHashing, createPasswordService, type StartHasher } from '../services/passwords/index.js'
import { logHasherEvents } from './log-events.js'

export async function createPasswords({
  config,
  logger,
  metrics,
  tracing,
  isUsed,
  startHasher,
}: {
  config: Config
  logger: Logger
  metrics: Metrics
  tracing: Tracing | null
  /** Whether this process hashes and verifies passwords. */
  isUsed: boolean
  startHasher: StartHasher | undefined
}) {
  const hashing = createHashing({
    concurrency: config.HASH_CONCURRENCY,
    queue: config.HASH_QUEUE,
    onHashed: (seconds) => metrics.hashes.observe(seconds),
    tracing,
    start: startHasher,
    ...logHasherEvents(logger),
  })
  metrics.watchHashesWaiting(() => hashing.waiting(), config.HASH_QUEUE)
  const parameters = {
    memoryKib: config.ARGON2_MEMORY_KIB,
    timeCost: config.ARGON2_TIME_COST,
    parallelism: config.ARGON2_PARALLELISM,
  }
  const passwords = await createPasswordService(parameters, hashing, { dummyKey: config.REFRESH_KEY, isUsed })
  return { passwords, hashing }
}
