// The composition root: connects the stores, builds the domains on them, and says how they start and stop.
import type { Inbox } from '@postern/delivery/mail/inbox'
import type { BreakerStatus } from '@postern/service/breakers'
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import { reportTracing } from '@postern/service/start-tracing'
import type { Clock } from '@postern/service/clock'
import type { DeadLetters } from '@postern/service/events/dead-letters'
import type { Broker } from '@postern/service/events/broker'
import { checkComponent } from '@postern/service/component-check'
import type { Config } from '../config/index.js'
import { createMetrics, type Metrics } from '../platform/metrics.js'
import type { Services } from '../resolvers/index.js'
import type { Consumer } from '../services/events/index.js'
import type { StartHasher } from '../services/passwords/index.js'
import type { BackgroundWork } from './background-jobs.js'
import type { Beside } from './beside.js'
import { createDomains, type Domains } from './domains.js'
import { createStores, type Stores } from './stores.js'

type Check = Awaited<ReturnType<typeof checkComponent<'up' | 'down'>>>

/** The state of each component, and how long its check took. */
type Health = Awaited<ReturnType<Stores['health']>> &
  Awaited<ReturnType<Beside['health']>> & {
    hasher: Check
    rabbitmq?: Check
  }

export interface App {
  services: Services
  /** Returns the public keys for validators (JWKs). Null if tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  /** What happens for each event. */
  consumers: Consumer[]
  /** Null without RabbitMQ. */
  broker: Broker | null
  /** The events that a consumer could not process. */
  deadLetters: DeadLetters
  /** The mails of development. Null where mails are sent, or where there are none. */
  inbox: Inbox | null
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

/**
 * Connects to MySQL on first use and to Redis at once. `hashes`: whether this process hashes and verifies passwords, for
 * which it starts another one, by `startHasher` if there is one. Throws a ConfigError if KEYS_DIR contains no usable key.
 */
export async function createApp(
  config: Config,
  logger: Logger,
  tracing: Tracing | null = null,
  { hashes = config.ROLE === 'service', startHasher }: { hashes?: boolean; startHasher?: StartHasher } = {},
): Promise<App> {
  const metrics = createMetrics()
  if (tracing) reportTracing(tracing, { logger, metrics })
  const stores = createStores({ config, logger, metrics })
  const clock = stores.clock.now
  metrics.watchClockOffset(() => stores.clock.offsetMs() / 1000)
  const domains = await createDomains({ config, stores, logger, metrics, tracing, clock, hashes, startHasher })
  const { events, hashing, repositories, signingKeys, usernames } = domains
  const { broker, consumers, deadLetters } = events

  return {
    services: domains.services,
    consumers,
    broker,
    deadLetters,
    inbox: domains.inbox,
    publishedKeys: signingKeys && (() => signingKeys.published()),
    clock,
    background: backgroundWork(domains, stores),
    metrics,
    tracing,
    async prepare() {
      await stores.clock.prepare()
      await Promise.all([
        repositories.revocations.raiseLongestTokenTtl(config.ACCESS_TOKEN_TTL),
        usernames.protectedUsernames.refresh(),
        domains.followPasswordCosts(),
      ])
    },
    async health() {
      const hasher = checkComponent(async () => ((await hashing.isUp()) ? 'up' : 'down'))
      const rabbitmq =
        broker && checkComponent(async () => (broker.isConnected() ? ('up' as const) : ('down' as const)))
      const beside = domains.beside.health()
      const own = { ...(await stores.health()), hasher: await hasher }
      return { ...own, ...(rabbitmq && { rabbitmq: await rabbitmq }), ...(await beside) }
    },
    breakers: () => stores.breakers.statuses(),
    async close() {
      await domains.close()
      await stores.close()
    },
  }
}

function backgroundWork(domains: Domains, stores: Stores): BackgroundWork {
  const {
    audit,
    codes,
    events,
    failedLogins,
    maintenance,
    relay,
    services,
    sessionCount,
    signals,
    signingKeys,
    usernames,
    webhooks,
  } = domains
  const { addresses } = services.limits
  return {
    clock: stores.clock,
    primary: () => stores.primary.check(),
    relay,
    async purge() {
      const others = (await audit.purge()) + (await webhooks.purge()) + ((await signals?.purge()) ?? 0)
      return (await maintenance.purge()) + others
    },
    events: () => events.step(),
    webhooks: webhooks.send,
    pushSignals: signals && signals.push,
    mailRequests: () => codes.mailRequests.step(),
    sealAudit: audit.seal,
    writeRefusals: () => audit.refusals.flush(),
    recordFailedLogins: () => failedLogins.flush(),
    warming: usernames.warming,
    deletions: () => services.accounts.dueDeletions.step(),
    passwordCosts: () => domains.followPasswordCosts(),
    protectedUsernames: () => usernames.protectedUsernames.refresh(),
    shareLimits: addresses && (() => addresses.share()),
    statistics: () => usernames.statistics.deliver(),
    sessionCount,
    reloadKeys: signingKeys && (() => signingKeys.reload()),
  }
}
