// The metrics of connections to MySQL, Redis and providers, and of the circuit breakers that protect them.
import { type CountBreakerEvent, watchBreakers } from './breaker-metrics.js'
import type { BreakerState } from './breakers.js'
import type { MetricRegistry } from './metric-registry.js'
import { readableMetric } from './tallies.js'

export interface PoolLoad {
  inUse: number
  idle: number
  /** Calls that wait for a connection. */
  waiting: number
}

export interface ConnectionMetrics {
  /** Adds the connections of a pool and the calls that wait for one. */
  watchPool(pool: string, load: () => PoolLoad): void
  /** Adds whether there is a connection to a Redis server. */
  watchRedis(server: string, isConnected: () => boolean): void
  /** Adds whether events can be published to RabbitMQ. Not called without it. */
  watchRabbitmq(isConnected: () => boolean): void
  /** Returns a counter of database connections that were closed before they failed. */
  retiredConnections<Reason extends string>(reasons: readonly Reason[]): (reason: Reason, count: number) => void
  /** Adds the states of the circuit breakers, and returns a counter of their events. */
  circuitBreakers(names: readonly string[], stateOf: (name: string) => BreakerState): CountBreakerEvent
}

export function createConnectionMetrics({ add, counter, gauge }: MetricRegistry): ConnectionMetrics {
  const pools = new Map<string, () => PoolLoad>()
  add(
    readableMetric(
      {
        name: 'postern_database_pool_connections',
        help: 'Connections to the database, by pool and state, and calls that wait for one (state="waiting").',
        type: 'gauge',
      },
      () =>
        [...pools].flatMap(([pool, load]) => {
          const { inUse, idle, waiting } = load()
          return [
            { labels: { pool, state: 'in_use' }, value: inUse },
            { labels: { pool, state: 'idle' }, value: idle },
            { labels: { pool, state: 'waiting' }, value: waiting },
          ]
        }),
    ),
  )
  const redisServers = new Map<string, () => boolean>()
  add(
    readableMetric(
      {
        name: 'postern_redis_connected',
        help: '1 while there is a connection to Redis, by server: cache (REDIS_URL) or revocations (REVOCATION_REDIS_URL).',
        type: 'gauge',
        aggregator: 'min',
      },
      () => [...redisServers].map(([server, isConnected]) => ({ labels: { server }, value: Number(isConnected()) })),
    ),
  )

  return {
    watchPool: (pool, load) => void pools.set(pool, load),
    watchRedis: (server, isConnected) => void redisServers.set(server, isConnected),
    watchRabbitmq(isConnected) {
      const help = '1 while RabbitMQ takes events of this process. 0: they wait in the outbox.'
      gauge('postern_rabbitmq_connected', help, () => Number(isConnected()), 'max')
    },
    retiredConnections(reasons) {
      const retired = counter(
        'postern_database_connections_retired_total',
        'Connections to the database that were closed to follow the primary, or because of their age.',
        ['reason'],
      )
      for (const reason of reasons) retired.labels(reason).inc(0)
      return (reason, count) => retired.labels(reason).inc(count)
    },
    circuitBreakers: (names, stateOf) => watchBreakers({ add, counter }, names, stateOf),
  }
}
