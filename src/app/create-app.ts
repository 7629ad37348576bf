// The composition root: builds every domain once, from the bottom up, and passes on what each one needs.
import type { Config } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'
import { createMetrics, type Metrics } from '../platform/metrics.js'
import type { Services } from '../resolvers/index.js'
import { createPurge } from '../services/maintenance/index.js'
import { createSessionTokens } from '../services/sessions/index.js'
import { createAccounts } from './accounts.js'
import { createAuthentication } from './authentication.js'
import type { BackgroundWork } from './background-jobs.js'
import { createPasswords } from './passwords.js'
import { createRepositories } from './repositories.js'
import { createRevocations } from './revocations.js'
import { createSessions } from './sessions.js'
import { createStores, type Stores } from './stores.js'
import { createTokens } from './tokens.js'
import { createUsernames } from './usernames.js'

export interface App {
  services: Services
  /** Returns the public keys for validators (JWKs). Null if tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  background: BackgroundWork
  metrics: Metrics
  /** Must run before the first request. Rejects if the database can't be used as it is. */
  prepare: () => Promise<void>
  health: () => ReturnType<Stores['health']>
  /** Finishes what has started, then disconnects. */
  close: () => Promise<void>
}

/** Connects on first use. Throws a ConfigError if KEYS_DIR holds no usable key. */
export async function createApp(config: Config, logger: Logger, clock: Clock = () => new Date()): Promise<App> {
  const metrics = createMetrics()
  const { signingKeys, access, refresh } = await createTokens(config, logger, clock)
  const tokens = createSessionTokens(access, refresh)
  const passwords = await createPasswords(config, logger, metrics)
  // No await from here to createRevocations: it listens for the first connection that stores open.
  const stores = createStores(config, logger)
  const repositories = createRepositories(stores)
  const usernames = createUsernames(config, stores, metrics, clock)
  const revocations = createRevocations(config, stores, logger, metrics, clock)
  const shared = { tokens, passwords: passwords.service, revocations: revocations.service, usernames }
  const sessions = createSessions(config, stores, repositories, shared, clock)
  const accounts = createAccounts(stores, repositories, shared, clock)
  const authentication = createAuthentication(config, stores, repositories, { ...shared, ...sessions }, logger, clock)
  const { transactions } = stores
  const purge = createPurge({
    transactions,
    revocations: revocations.repository,
    sessions: repositories.sessions,
    clock,
  })

  return {
    services: { accounts, authentication, sessions, usernames },
    publishedKeys: signingKeys && (() => signingKeys.published()),
    background: {
      relay: revocations.relay,
      purge,
      warming: usernames.warming,
      protectedUsernames: () => usernames.protectedNames.refresh(),
      statistics: () => usernames.statistics.deliver(),
      reloadKeys: signingKeys && (() => signingKeys.reload()),
    },
    metrics,
    async prepare() {
      await Promise.all([
        revocations.repository.raiseLongestTokenTtl(config.ACCESS_TOKEN_TTL),
        usernames.protectedNames.refresh(),
      ])
    },
    health: () => stores.health(),
    async close() {
      const statistics = usernames.statistics.deliver().catch(() => undefined)
      await Promise.all([revocations.service.settle(), passwords.close(), statistics])
      revocations.relay.close()
      await stores.close()
    },
  }
}
