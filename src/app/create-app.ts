// The composition root: builds every domain once, from the bottom up, and passes on what each one needs.
import type { Config } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'
import { createMetrics, type Metrics } from '../platform/metrics.js'
import type { Services } from '../resolvers/index.js'
import { createAccounts } from './accounts.js'
import { createAuthentication } from './authentication.js'
import type { BackgroundWork } from './background-jobs.js'
import { createMaintenance } from './maintenance.js'
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
  /** Must run before the first request. Rejects if the database can't be used in its current state. */
  prepare: () => Promise<void>
  health: () => ReturnType<Stores['health']>
  /** Finishes what has started, then disconnects. */
  close: () => Promise<void>
}

/** Connects to MySQL on first use and to Redis at once. Throws a ConfigError if KEYS_DIR contains no usable key. */
export async function createApp(config: Config, logger: Logger, clock: Clock = () => new Date()): Promise<App> {
  const metrics = createMetrics()
  const { signingKeys, tokens } = await createTokens({ config, logger, clock })
  const { passwords, hashing } = await createPasswords({ config, logger, metrics })
  const stores = createStores({ config, logger, metrics })
  const repositories = createRepositories(stores)
  const usernames = createUsernames({ config, stores, metrics, clock })
  const { revocations, relay } = createRevocations({ config, stores, repositories, metrics, clock })
  const sessions = createSessions({ config, stores, repositories, tokens, revocations, clock })
  const shared = { config, stores, repositories, passwords, sessions, clock }
  const accounts = createAccounts({ ...shared, revocations, usernames })
  const authentication = createAuthentication({ ...shared, tokens, logger })
  const maintenance = createMaintenance({ stores, repositories, clock })

  return {
    services: { accounts, authentication, sessions, usernames },
    publishedKeys: signingKeys && (() => signingKeys.published()),
    background: {
      primary: () => stores.primary.check(),
      relay,
      purge: maintenance.purge,
      warming: usernames.warming,
      protectedUsernames: () => usernames.protectedUsernames.refresh(),
      statistics: () => usernames.statistics.deliver(),
      reloadKeys: signingKeys && (() => signingKeys.reload()),
    },
    metrics,
    async prepare() {
      await Promise.all([
        repositories.revocations.raiseLongestTokenTtl(config.ACCESS_TOKEN_TTL),
        usernames.protectedUsernames.refresh(),
      ])
    },
    health: () => stores.health(),
    async close() {
      const statistics = usernames.statistics.deliver().catch(() => undefined)
      await Promise.all([revocations.settle(), hashing.close(), statistics])
      relay.close()
      await stores.close()
    },
  }
}
