// The metrics of one process at one moment, and how to add up those of a prefork group.
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client'

/** All metrics of one process at one moment, in a form that can be sent to another process. */
export type Snapshot = { name: string; help: string; type: string; aggregator: string; values: object[] }[]

/** Metrics of which the slowest process matters; prom-client would average them. */
const MAXIMUM = /^nodejs_eventloop_lag_(seconds|p50_seconds|p90_seconds|p99_seconds)$/

/** The counters of a group are those since its primary started. prom-client would leave it out. */
const START = 'process_start_time_seconds'

/** The metrics of the primary of a prefork group, beside those of its processes. */
export function createPrimaryMetrics() {
  const registry = new Registry()
  const crashes = new Counter({
    name: 'postern_process_crashes_total',
    help: 'Processes that ended unexpectedly.',
    registers: [registry],
  })
  new Gauge({
    name: START,
    help: 'Start time of the process since unix epoch in seconds.',
    registers: [registry],
  }).set(Math.round(Date.now() / 1000 - process.uptime()))
  return { crashed: () => crashes.inc(), snapshot: () => snapshotOf(registry) }
}

export async function snapshotOf(registry: Registry): Promise<Snapshot> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as Snapshot
  return metrics.map((metric) => {
    if (metric.name === START) return { ...metric, aggregator: 'min' }
    return MAXIMUM.test(metric.name) ? { ...metric, aggregator: 'max' } : metric
  })
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
