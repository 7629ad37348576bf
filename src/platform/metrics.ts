// The Prometheus metrics of the service.
import { collectDefaultMetrics, Counter, Gauge, Histogram, type Metric, Registry } from 'prom-client'
import { withTimeout } from '@postern/contract/timeout'
import { type Snapshot, snapshotOf } from './metric-snapshots.js'
import { createOperationMetrics } from './operation-metrics.js'
import { createHistogramTallies, readableMetric, type ReadableMetric, type Tally } from './tallies.js'

export interface PoolLoad {
  inUse: number
  idle: number
  /** Calls that wait for a connection. */
  waiting: number
}

export interface Metrics {
  registry: Registry
  /** Adds the number of committed revocations that Redis does not have yet. */
  watchRevocationBacklog(count: () => Promise<number>): void
  /** Adds how old the oldest entry of the audit log without a seal is, in seconds. */
  watchUnsealed(seconds: () => Promise<number>): void
  /** Adds how far this machine's clock is ahead of the database's, in seconds. */
  watchClockOffset(seconds: () => number): void
  /** Adds the position of the last sealed entry of the audit log that this process knows. */
  watchAuditPosition(position: () => number): void
  /** Adds the number of passwords that wait to be hashed, and how many can. */
  watchHashesWaiting(count: () => number, limit: number): void
  /** `seconds` from the head of the request to the last byte of the response. */
  observeRequest(route: string, status: number, seconds: number): void
  countOperation(path: 'hot' | 'apollo'): void
  /** A request to /graphql: its distinct root fields in the schema's names, and the code of its first error. */
  observeOperation(operation: string, seconds: number, code: string | undefined): void
  /** `operation` is a root field of the schema or `none`, never a name from the client. */
  countError(operation: string, code: string): void
  /** Returns a counter of username checks by the tier that answered. Only the last of `tiers` can answer "available". */
  usernameChecks<Tier extends string>(tiers: readonly Tier[]): (tier: Tier, isAvailable: boolean) => void
  /** Returns a counter of database connections that were closed before they failed. */
  retiredConnections<Reason extends string>(reasons: readonly Reason[]): (reason: Reason, count: number) => void
  /** Returns a counter by result. */
  results<Result extends string>(name: string, help: string, results: readonly Result[]): (result: Result) => void
  /** Adds the connections of a pool and the calls that wait for one. */
  watchPool(pool: string, load: () => PoolLoad): void
  /** Adds whether there is a connection to a Redis server. */
  watchRedis(server: string, isConnected: () => boolean): void
  /** Adds the number of active sessions of all users. Null where another process counts them. */
  watchActiveSessions(count: () => number | null): void
  /** Adds the states of the circuit breakers, and returns a counter of their events. */
  circuitBreakers<Event extends string>(
    events: readonly Event[],
    names: readonly string[],
    stateOf: (name: string) => 'closed' | 'half-open' | 'open',
  ): (name: string, event: Event) => void
  add(metric: ReadableMetric): void
  /** How many seconds one password took, without waiting. */
  hashes: Histogram
  /** The response of /metrics. */
  text(): Promise<string>
  snapshot(): Promise<Snapshot>
}

/** How long reading from MySQL may take: /metrics must respond even while MySQL hangs. */
const BACKLOG_TIMEOUT_MS = 1000

/** Gauges of prom-client with the names of counters. Their sums over `type` are the same numbers. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total']

const BREAKER_STATES = { closed: 0, 'half-open': 1, open: 2 }

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const register = (metric: ReadableMetric) => registry.registerMetric(metric as unknown as Metric)
  const requests = createHistogramTallies(
    { name: 'postern_http_request_duration_seconds', help: 'Time to answer an HTTP request.' },
    [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  )
  register(requests.metric)
  const operations = createOperationMetrics()
  operations.metrics.forEach(register)
  const paths = { hot: 0, apollo: 0 }
  register(
    readableMetric(
      {
        name: 'postern_graphql_requests_total',
        help: 'Requests to /graphql, by the path that answered them: the fast path (hot) or Apollo Server.',
        type: 'counter',
      },
      () => Object.entries(paths).map(([path, value]) => ({ labels: { path }, value })),
    ),
  )
  const failures = new Counter({
    name: 'postern_graphql_errors_total',
    help: 'Errors in responses of /graphql, by root field (none: the request failed before an operation) and code.',
    labelNames: ['operation', 'code'],
    registers: [registry],
  })
  const hashes = new Histogram({
    name: 'postern_password_hash_duration_seconds',
    help: 'Time to hash or verify one password, without the time it waited.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  new Gauge({
    name: 'postern_processes',
    help: 'Processes behind this port that responded to this scrape. Less than PREFORK if one is busy or down.',
    registers: [registry],
  }).set(1)
  const pools = new Map<string, () => PoolLoad>()
  new Gauge({
    name: 'postern_database_pool_connections',
    help: 'Connections to the database, by pool and state, and calls that wait for one (state="waiting").',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      for (const [pool, load] of pools) {
        const { inUse, idle, waiting } = load()
        this.set({ pool, state: 'in_use' }, inUse)
        this.set({ pool, state: 'idle' }, idle)
        this.set({ pool, state: 'waiting' }, waiting)
      }
    },
  })
  const redisServers = new Map<string, () => boolean>()
  register(
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
  /** Read from MySQL at each scrape. Every process reads the same table, so a sum would count each row several times. */
  const readGauge = (name: string, help: string, value: () => Promise<number>) =>
    new Gauge({
      ...{ name, help, registers: [registry], aggregator: 'max' },
      async collect() {
        const unknown = () => Number.NaN
        this.set(await withTimeout(value().catch(unknown), BACKLOG_TIMEOUT_MS, unknown))
      },
    })
  /** `aggregator`: what the processes of a prefork group have together. */
  const gauge = (name: string, help: string, value: () => number, aggregator: 'sum' | 'average' | 'max') =>
    register(readableMetric({ name, help, type: 'gauge', aggregator }, () => [{ labels: {}, value: value() }]))
  const children = new Map<string, Tally>()
  return {
    registry,
    hashes,
    watchRevocationBacklog(count) {
      const help = 'Committed revocations that Redis does not have yet. NaN while MySQL is unavailable.'
      readGauge('postern_revocation_backlog', help, count)
    },
    watchUnsealed(seconds) {
      const help = 'How old the oldest entry of the audit log without a seal is. NaN while MySQL is unavailable.'
      readGauge('postern_audit_unsealed_seconds', help, seconds)
    },
    watchClockOffset(seconds) {
      const help =
        "How far this machine's clock is ahead of the database's. Beyond 5 s this process is no relay and purges nothing."
      gauge('postern_clock_offset_seconds', help, seconds, 'average')
    },
    watchAuditPosition(position) {
      const help =
        'The last position of the audit log that a process has sealed. It never goes back while the service runs.'
      gauge('postern_audit_sealed_position', help, position, 'max')
    },
    watchHashesWaiting(count, limit) {
      const help = 'Passwords that can wait to be hashed: HASH_QUEUE. More are refused.'
      gauge('postern_password_hashes_waiting_limit', help, () => limit, 'sum')
      gauge('postern_password_hashes_waiting', 'Passwords that wait for their turn to be hashed.', count, 'sum')
    },
    observeRequest(route, status, seconds) {
      const name = `${route} ${status}`
      let child = children.get(name)
      if (!child) children.set(name, (child = requests.child({ route, status })))
      requests.observe(child, seconds)
    },
    countOperation(path) {
      paths[path] += 1
    },
    observeOperation: (operation, seconds, code) => operations.observe(operation, seconds, code),
    countError: (operation, code) => failures.labels(operation, code).inc(),
    usernameChecks(tiers) {
      const checks = new Counter({
        name: 'postern_username_checks_total',
        help: 'Username checks, by the tier that answered and the result.',
        labelNames: ['tier', 'available'],
        registers: [registry],
      })
      const unavailable = new Map(tiers.map((tier) => [tier, checks.labels(tier, 'false')]))
      const available = checks.labels(tiers.at(-1) ?? '', 'true')
      // Exported from the start, because Prometheus can compute a rate only if it has seen 0.
      for (const child of [...unavailable.values(), available]) child.inc(0)
      return (tier, isAvailable) => (isAvailable ? available : unavailable.get(tier))?.inc()
    },
    retiredConnections(reasons) {
      const retired = new Counter({
        name: 'postern_database_connections_retired_total',
        help: 'Connections to the database that were closed to follow the primary, or because of their age.',
        labelNames: ['reason'],
        registers: [registry],
      })
      for (const reason of reasons) retired.labels(reason).inc(0)
      return (reason, count) => retired.labels(reason).inc(count)
    },
    results(name, help, results) {
      const counter = new Counter({ name, help, labelNames: ['result'], registers: [registry] })
      const byResult = new Map(results.map((result) => [result, counter.labels(result)]))
      for (const child of byResult.values()) child.inc(0)
      return (result) => byResult.get(result)?.inc()
    },
    watchPool: (pool, load) => void pools.set(pool, load),
    watchRedis: (server, isConnected) => void redisServers.set(server, isConnected),
    watchActiveSessions(count) {
      const name = 'auth_active_sessions'
      const help = 'Active sessions of all users, counted once a minute. Only the process that is the relay has it.'
      register(
        readableMetric({ name, help, type: 'gauge', aggregator: 'max' }, () => {
          const value = count()
          return value === null ? [] : [{ labels: {}, value }]
        }),
      )
    },
    circuitBreakers(events, names, stateOf) {
      new Gauge({
        name: 'circuit_breaker_state',
        help: 'State of a circuit breaker: 0 closed, 1 half-open (one probe is running), 2 open.',
        labelNames: ['name'],
        registers: [registry],
        // Of several processes, the one that sees an outage matters.
        aggregator: 'max',
        collect() {
          for (const name of names) this.labels(name).set(BREAKER_STATES[stateOf(name)])
        },
      })
      const counted = new Counter({
        name: 'circuit_breaker_events_total',
        help: 'What happened at a circuit breaker: it opened, closed or was probed, or work failed or was refused.',
        labelNames: ['name', 'event'],
        registers: [registry],
      })
      for (const name of names) for (const event of events) counted.labels(name, event).inc(0)
      return (name, event) => counted.labels(name, event).inc()
    },
    add: register,
    text: () => registry.metrics(),
    snapshot: () => snapshotOf(registry),
  }
}
