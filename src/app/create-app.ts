// The composition root: builds every domain once, from the bottom up, and passes on what each one needs.
import { type Config, ConfigError } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import type { BreakerStatus } from '../platform/breakers.js'
import type { Logger } from '../platform/logger.js'
import { createMetrics, type Metrics } from '../platform/metrics.js'
import type { Tracing } from '../platform/tracing/tracing.js'
import { createDatabaseClock, MAX_CLOCK_OFFSET_MS } from '../repositories/database/database-clock.js'
import type { Services } from '../resolvers/index.js'
import { createNewPasswordRule } from '../services/passwords/index.js'
import { createSessionCount } from '../services/sessions/index.js'
import { createAccounts } from './accounts.js'
import { createAudit } from './audit.js'
import { createAuthentication } from './authentication.js'
import { createAuthenticationMetrics } from './authentication-metrics.js'
import type { BackgroundWork } from './background-jobs.js'
import { createBreachedPasswords } from './breached-passwords.js'
import { createCaptchaOf } from './captcha.js'
import { checkComponent } from './component-check.js'
import { createLimits } from './limits.js'
import { createMaintenance } from './maintenance.js'
import { createPasswords } from './passwords.js'
import { createRepositories } from './repositories.js'
import { createRevocations } from './revocations.js'
import { createSessions } from './sessions.js'
import { createStores, type Stores } from './stores.js'
import { createTokens } from './tokens.js'
import { reportTracing } from './tracing.js'
import { createUsernames } from './usernames.js'

/** The state of each component, and how long its check took. */
type Health = Awaited<ReturnType<Stores['health']>> & {
  hasher: Awaited<ReturnType<typeof checkComponent<'up' | 'down'>>>
}

export interface App {
  services: Services
  /** Returns the public keys for validators (JWKs). Null if tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  /** The database's time. */
  clock: Clock
  background: BackgroundWork
  metrics: Metrics
  tracing: Tracing | null
  /**
   * Must run before the first request. Rejects if the database can't be used in its current state, with a ConfigError if
   * its clock and this machine's differ.
   */
  prepare: () => Promise<void>
  health: () => Promise<Health>
  /** The state of the circuit breakers of this process. */
  breakers: () => BreakerStatus[]
  /** Finishes what has started, then disconnects. */
  close: () => Promise<void>
}

/** Connects to MySQL on first use and to Redis at once. Throws a ConfigError if KEYS_DIR contains no usable key. */
export async function createApp(config: Config, logger: Logger, tracing: Tracing | null = null): Promise<App> {
  const metrics = createMetrics()
  if (tracing) reportTracing(tracing, { logger, metrics })
  const stores = createStores({ config, logger, metrics })
  const databaseClock = createDatabaseClock(stores.read)
  const clock = databaseClock.now
  metrics.watchClockOffset(() => databaseClock.offsetMs() / 1000)
  const { signingKeys, tokens } = await createTokens({ config, logger, clock })
  const { passwords, hashing } = await createPasswords({ config, logger, metrics, tracing })
  const { breached, close: closeBreached } = await createBreachedPasswords(config, stores, metrics)
  const newPasswordRule = createNewPasswordRule(breached)
  const repositories = createRepositories(stores)
  const audit = createAudit({ config, stores, metrics, logger, clock })
  const usernames = createUsernames({ config, stores, metrics, audit, clock })
  const { revocations, relay } = createRevocations({ config, stores, repositories, metrics, clock })
  const counted = createAuthenticationMetrics(metrics)
  const sessions = createSessions({ config, stores, repositories, tokens, revocations, audit, counted, clock })
  const sessionCount = createSessionCount({ sessions: repositories.sessions, clock })
  metrics.watchActiveSessions(sessionCount.current)
  const shared = { config, stores, repositories, passwords, sessions, audit, counted, clock }
  const { lockOut, limits } = createLimits({ config, stores, passwords, clock })
  const accounts = createAccounts({ ...shared, revocations, usernames, newPasswordRule, lockOut })
  const authentication = createAuthentication({ ...shared, tokens, lockOut, limits: limits.calls, logger })
  const captcha = createCaptchaOf(config, stores, metrics)
  const { addresses } = limits
  const followPasswordCosts = async () => {
    passwords.followCosts(await repositories.credentials.sampleCosts())
  }
  const maintenance = createMaintenance({ stores, repositories, clock })

  return {
    services: { accounts, audit: audit.services, authentication, captcha, limits, sessions, usernames },
    publishedKeys: signingKeys && (() => signingKeys.published()),
    clock,
    background: {
      clock: databaseClock,
      primary: () => stores.primary.check(),
      relay,
      purge: async () => (await maintenance.purge()) + (await audit.purge()),
      async audit() {
        // Entries are sealed even if those of refused attempts can't be written.
        const [flushed] = await Promise.allSettled([audit.refusals.flush()])
        await audit.seal()
        if (flushed.status === 'rejected') throw flushed.reason
      },
      warming: usernames.warming,
      passwordCosts: followPasswordCosts,
      protectedUsernames: () => usernames.protectedUsernames.refresh(),
      shareLimits: addresses && (() => addresses.share()),
      statistics: () => usernames.statistics.deliver(),
      sessionCount,
      reloadKeys: signingKeys && (() => signingKeys.reload()),
    },
    metrics,
    tracing,
    async prepare() {
      await databaseClock.synchronize()
      if (!databaseClock.agrees()) throw new ConfigError(describeOffset(databaseClock.offsetMs()))
      await Promise.all([
        repositories.revocations.raiseLongestTokenTtl(config.ACCESS_TOKEN_TTL),
        usernames.protectedUsernames.refresh(),
        followPasswordCosts(),
      ])
    },
    async health() {
      const hasher = checkComponent(async () => ((await hashing.isUp()) ? 'up' : 'down'))
      return { ...(await stores.health()), hasher: await hasher }
    },
    breakers: stores.breakers.statuses,
    async close() {
      const statistics = usernames.statistics.deliver().catch(() => undefined)
      const refusals = audit.refusals.flush(true).catch(() => undefined)
      await Promise.all([revocations.settle(), hashing.close(), closeBreached(), statistics, refusals])
      relay.close()
      await stores.close()
    },
  }
}

function describeOffset(milliseconds: number): string {
  const direction = milliseconds > 0 ? 'ahead of' : 'behind'
  const seconds = Math.round(Math.abs(milliseconds) / 1000)
  return `The clock of this machine is ${seconds} s ${direction} the database server's; at most ${MAX_CLOCK_OFFSET_MS / 1000} s are allowed. Synchronize both clocks (NTP), then start again.`
}
