// Builds the circuit breakers: one for each set of connections that can fail alone, and one for each provider.
import { type Breaker, createBreaker } from '@postern/service/breakers'
import { unavailable } from '@postern/service/errors'
import { isRedisTimeout, isRedisUnresponsive } from '@postern/service/redis-failures'
import { isTimeout, isUnresponsive } from '@postern/service/database/failures'
import { ProviderFailure } from '../clients/provider-requests.js'
import type { Metrics } from '../platform/metrics.js'

const NAMES = [
  'mysql_reads',
  'mysql_lookups',
  'mysql_updates',
  'mysql_writes',
  'mysql_prisma',
  'redis_cache',
  'redis_stream',
] as const
export type BreakerName = (typeof NAMES)[number]

/**
 * One wait for MySQL is long, so a read that gets no answer opens its breaker. A write can also wait for a locked row. One
 * wait for the cache is short, and a busy moment no outage.
 */
const TIMEOUTS_TO_OPEN: Record<BreakerName, number> = {
  mysql_reads: 1,
  mysql_lookups: 1,
  mysql_updates: 3,
  mysql_writes: 3,
  mysql_prisma: 3,
  redis_cache: 5,
  redis_stream: 3,
}

/** Services of other companies, if they are configured. */
export type ProviderName = 'captcha' | 'breached_passwords' | `oauth_${string}`
const PROVIDER_TIMEOUTS_TO_OPEN = 3

const BROKER = 'rabbitmq'

/** `probes` ask each store for something small, through the connections that the breaker protects. */
export function createBreakers(
  probes: Record<BreakerName, () => Promise<unknown>>,
  providers: readonly (ProviderName | 'rabbitmq')[],
  metrics: Metrics,
) {
  const created = new Map<string, Breaker>()
  const stateOf = (name: string) => created.get(name)?.status().state ?? 'closed'
  const count = metrics.circuitBreakers([...NAMES, ...providers], stateOf)
  function create(name: BreakerName): Breaker {
    const breaker = createBreaker({
      name,
      ...(name.startsWith('mysql')
        ? { isFailure: isUnresponsive, isTimeout }
        : { isFailure: isRedisUnresponsive, isTimeout: isRedisTimeout }),
      timeoutsToOpen: TIMEOUTS_TO_OPEN[name],
      probe: probes[name],
      onEvent: (event) => count(name, event),
      refusal: unavailable,
    })
    created.set(name, breaker)
    return breaker
  }

  return {
    mysql_reads: create('mysql_reads'),
    mysql_lookups: create('mysql_lookups'),
    mysql_updates: create('mysql_updates'),
    mysql_writes: create('mysql_writes'),
    mysql_prisma: create('mysql_prisma'),
    redis_cache: create('redis_cache'),
    redis_stream: create('redis_stream'),
    /** Creates the one of a provider. */
    provider(name: ProviderName, probe: () => Promise<unknown>): Breaker {
      const breaker = createBreaker({
        name,
        isFailure: (error) => error instanceof ProviderFailure,
        isTimeout: (error) => error instanceof ProviderFailure && error.isTimeout,
        timeoutsToOpen: PROVIDER_TIMEOUTS_TO_OPEN,
        probe,
        onEvent: (event) => count(name, event),
        refusal: unavailable,
      })
      created.set(name, breaker)
      return breaker
    },
    /** RabbitMQ: `ready` connects, if that is necessary. */
    broker(ready: () => Promise<void>): Breaker {
      const breaker = createBreaker({
        ...{ name: BROKER, probe: ready, timeoutsToOpen: 1 },
        isFailure: () => true,
        isTimeout: (error) => error instanceof Error && error.message.includes('ETIMEDOUT'),
        onEvent: (event) => count(BROKER, event),
        refusal: unavailable,
      })
      created.set(BROKER, breaker)
      return breaker
    },
    statuses: () => [...created.values()].map((breaker) => breaker.status()),
    close: () => created.forEach((breaker) => breaker.close()),
  }
}
