// The Prometheus metrics of the service, and how to add up those of several processes.
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { withTimeout } from '@postern/contract/timeout'

/** All metrics of one process at one moment, in a form that can be sent to another process. */
export type Snapshot = { name: string; help: string; type: string; aggregator: string; values: object[] }[]

export interface Metrics {
  registry: Registry
  /** Adds the number of committed revocations that Redis does not have yet. */
  watchRevocationBacklog(count: () => Promise<number>): void
  /** Adds how far this machine's clock is ahead of the database's, in seconds. */
  watchClockOffset(seconds: () => number): void
  /** Adds the number of passwords that wait to be hashed. */
  watchHashesWaiting(count: () => number): void
  /** `seconds` from the head of the request to the last byte of the response. */
  observeRequest(route: string, status: number, seconds: number): void
  countOperation(path: 'hot' | 'apollo'): void
  /** `operation` is a root field of the schema or `none`, never a name from the client. */
  countError(operation: string, code: string): void
  /** Returns a counter of username checks by the tier that answered. Only the last of `tiers` can answer "available". */
  usernameChecks<Tier extends string>(tiers: readonly Tier[]): (tier: Tier, isAvailable: boolean) => void
  /** Returns a counter of database connections that were closed before they failed. */
  retiredConnections<Reason extends string>(reasons: readonly Reason[]): (reason: Reason, count: number) => void
  /** Adds the states of the circuit breakers, and returns a counter of their events. */
  circuitBreakers<Event extends string>(
    events: readonly Event[],
    names: readonly string[],
    stateOf: (name: string) => 'closed' | 'half-open' | 'open',
  ): (name: string, event: Event) => void
  /** How many seconds one password took, without waiting. */
  hashes: Histogram
  /** The response of /metrics. */
  text(): Promise<string>
  snapshot(): Promise<Snapshot>
}

/** How long counting undelivered revocations may take: /metrics must respond even while MySQL hangs. */
const BACKLOG_TIMEOUT_MS = 1000

/** Metrics of which the slowest process matters; prom-client would average them. */
const MAXIMUM = /^nodejs_eventloop_lag_(seconds|p50_seconds|p90_seconds|p99_seconds)$/

const BREAKER_STATES = { closed: 0, 'half-open': 1, open: 2 }

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'postern_http_request_duration_seconds',
    help: 'Time to answer an HTTP request.',
    labelNames: ['route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const operations = new Counter({
    name: 'postern_graphql_requests_total',
    help: 'Requests to /graphql, by the path that answered them: the fast path (hot) or Apollo Server.',
    labelNames: ['path'],
    registers: [registry],
  })
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
  const paths = { hot: operations.labels('hot'), apollo: operations.labels('apollo') }
  // Finding a child by its labels costs more than counting.
  const children = new Map<string, ReturnType<typeof requests.labels>>()
  return {
    registry,
    hashes,
    watchRevocationBacklog(count) {
      new Gauge({
        name: 'postern_revocation_backlog',
        help: 'Committed revocations that Redis does not have yet. NaN while MySQL is unavailable.',
        registers: [registry],
        // Every process reads the same table, so a sum would count each revocation several times.
        aggregator: 'max',
        async collect() {
          const unknown = () => Number.NaN
          this.set(await withTimeout(count().catch(unknown), BACKLOG_TIMEOUT_MS, unknown))
        },
      })
    },
    watchClockOffset(seconds) {
      new Gauge({
        name: 'postern_clock_offset_seconds',
        help: "How far this machine's clock is ahead of the database's. Beyond 5 s this process is no relay and purges nothing.",
        registers: [registry],
        aggregator: 'average',
        collect() {
          this.set(seconds())
        },
      })
    },
    watchHashesWaiting(count) {
      new Gauge({
        name: 'postern_password_hashes_waiting',
        help: 'Passwords that wait for their turn to be hashed.',
        registers: [registry],
        collect() {
          this.set(count())
        },
      })
    },
    observeRequest(route, status, seconds) {
      const name = `${route} ${status}`
      let child = children.get(name)
      if (!child) children.set(name, (child = requests.labels(route, String(status))))
      child.observe(seconds)
    },
    countOperation: (path) => paths[path].inc(),
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
    text: () => registry.metrics(),
    snapshot: () => snapshotOf(registry),
  }
}

/** The metrics of the primary of a prefork group, beside those of its processes. */
export function createPrimaryMetrics() {
  const registry = new Registry()
  const crashes = new Counter({
    name: 'postern_process_crashes_total',
    help: 'Processes that ended unexpectedly.',
    registers: [registry],
  })
  return { crashed: () => crashes.inc(), snapshot: () => snapshotOf(registry) }
}

async function snapshotOf(registry: Registry): Promise<Snapshot> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as Snapshot
  return metrics.map((metric) => (MAXIMUM.test(metric.name) ? { ...metric, aggregator: 'max' } : metric))
}

/** What remains of a process that has ended or does not respond: everything except gauges, which describe the present. */
export const countersOf = (snapshot: Snapshot): Snapshot => snapshot.filter(({ type }) => type !== 'gauge')

/** Adds up the snapshots of several processes. */
export function sumOf(snapshots: Snapshot[]) {
  const registry = AggregatorRegistry.aggregate(snapshots)
  const snapshot = () =>
    (registry.getMetricsAsArray() as unknown as Snapshot).map(({ name, help, type, aggregator, values }) => ({
      name,
      help,
      type,
      aggregator,
      values,
    }))
  return { text: () => registry.metrics(), snapshot }
}
