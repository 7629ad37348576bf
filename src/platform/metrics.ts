import { setTimeout as sleep } from 'node:timers/promises'
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** All metrics of one process at one moment, in a form that crosses to another process. */
export type Snapshot = { name: string; help: string; type: string; aggregator: string; values: object[] }[]

export interface Metrics {
  registry: Registry
  /** Shows how many committed revocations Redis lacks. */
  watchRevocationBacklog(count: () => Promise<number>): void
  /** Shows how many passwords wait to be hashed. */
  watchHashesWaiting(count: () => number): void
  /** `seconds` from the head of the request to the last byte of the answer. */
  observeRequest(route: string, status: number, seconds: number): void
  countOperation(path: 'hot' | 'apollo'): void
  /** Returns a counter of username checks by the tier that answered. Only the last of `tiers` can answer "available". */
  usernameChecks<Tier extends string>(tiers: readonly Tier[]): (tier: Tier, isAvailable: boolean) => void
  /** Seconds that a password took once its turn had come. */
  hashes: Histogram
  /** What /metrics answers. */
  text(): Promise<string>
  snapshot(): Promise<Snapshot>
}

/** Milliseconds that the count of undelivered revocations may take; /metrics has to answer while MySQL hangs, too. */
const BACKLOG_TIMEOUT_MS = 1000

/** Of several processes the slowest is of interest; prom-client would give the average. */
const WORST = /^nodejs_eventloop_lag_(seconds|p50_seconds|p90_seconds|p99_seconds)$/

/** What /metrics shows. */
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
    help: 'Requests to /graphql, by who answered them: the hot path or Apollo Server.',
    labelNames: ['path'],
    registers: [registry],
  })
  const hashes = new Histogram({
    name: 'postern_password_hash_duration_seconds',
    help: 'Time to hash or verify one password, without waiting for its turn.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  new Gauge({
    name: 'postern_processes',
    help: 'Processes behind this port that answered for this reading; less than PREFORK when one is busy or down.',
    registers: [registry],
  }).set(1)
  const paths = { hot: operations.labels('hot'), apollo: operations.labels('apollo') }
  // Looking a child up by its labels costs more than counting in it.
  const children = new Map<string, ReturnType<typeof requests.labels>>()
  return {
    registry,
    hashes,
    watchRevocationBacklog(count) {
      new Gauge({
        name: 'postern_revocation_backlog',
        help: 'Committed revocations that have not reached Redis yet; NaN while MySQL is unavailable.',
        registers: [registry],
        // Every process reads the same table: adding would count each revocation several times.
        aggregator: 'max',
        async collect() {
          const late = sleep(BACKLOG_TIMEOUT_MS, Number.NaN, { ref: false })
          this.set(await Promise.race([count().catch(() => Number.NaN), late]))
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
    usernameChecks(tiers) {
      const checks = new Counter({
        name: 'postern_username_checks_total',
        help: 'Username checks, by the tier that answered and the answer.',
        labelNames: ['tier', 'available'],
        registers: [registry],
      })
      const unavailable = new Map(tiers.map((tier) => [tier, checks.labels(tier, 'false')]))
      const available = checks.labels(tiers.at(-1) ?? '', 'true')
      // Shown from the start: a rate can be computed only from a counter that has been 0.
      for (const child of [...unavailable.values(), available]) child.inc(0)
      return (tier, isAvailable) => (isAvailable ? available : unavailable.get(tier))?.inc()
    },
    text: () => registry.metrics(),
    snapshot: () => snapshotOf(registry),
  }
}

/** What the primary of a prefork group adds to the metrics of its processes. */
export function createPrimaryMetrics() {
  const registry = new Registry()
  const crashes = new Counter({
    name: 'postern_process_crashes_total',
    help: 'Processes that ended though nobody had told them to.',
    registers: [registry],
  })
  return { crashed: () => crashes.inc(), snapshot: () => snapshotOf(registry) }
}

async function snapshotOf(registry: Registry): Promise<Snapshot> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as Snapshot
  return metrics.map((metric) => (WORST.test(metric.name) ? { ...metric, aggregator: 'max' } : metric))
}

/** What still counts once a process has ended, or does not answer: gauges say how it is now, the rest what has been. */
export const countersOf = (snapshot: Snapshot): Snapshot => snapshot.filter(({ type }) => type !== 'gauge')

/** Several snapshots as if one process had done it all. */
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
