// Builds revocations: the rows in MySQL, the stream in Redis, and the relay that keeps the stream complete.
import { deriveRevocationKey } from '@postern/contract/revocations'
import type { Clock } from '@postern/service/clock'
import { type Config, databaseServer } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createRelayLock } from '../repositories/revocations/relay-lock.js'
import { createRevocationStream } from '../repositories/revocations/revocation-stream.js'
import { createRelay, createRevocationService } from '../services/revocations/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

export function createRevocations({
  config,
  stores,
  repositories,
  metrics,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  metrics: Metrics
  clock: Clock
}) {
  const stream = createRevocationStream(stores.streamRedis, stores.guardStream, {
    key: config.REVOCATION_KEY ? Buffer.from(config.REVOCATION_KEY) : deriveRevocationKey(config.JWT_SECRET),
    now: clock,
  })
  const lock = createRelayLock({
    open: () => stores.openConnection(),
    isPrimary: (server) => stores.primary.isPrimary(server),
    databaseName: `/${databaseServer(config).database}`,
  })
  const dependencies = { revocations: repositories.revocations, stream, clock }
  const revocations = createRevocationService(dependencies)
  metrics.watchRevocationBacklog(() => revocations.backlog())
  return { revocations, relay: createRelay({ lock, ...dependencies }) }
}
