// The registry of Prometheus metrics, and the kinds of metrics that a service adds to it.
import { collectDefaultMetrics, Counter, Histogram, type Metric, Registry } from 'prom-client'
import { withTimeout } from '@postern/contract/timeout'
import { readableMetric, type ReadableMetric } from './tallies.js'

/** How long reading from MySQL may take: /metrics must respond even while MySQL hangs. */
const READ_TIMEOUT_MS = 1000

/** Gauges of prom-client with the names of counters. Their sums over `type` are the same numbers. */
const MISNAMED = ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total']

export type MetricRegistry = ReturnType<typeof createMetricRegistry>

export function createMetricRegistry() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const add = (metric: ReadableMetric): void => registry.registerMetric(metric as unknown as Metric)

  return {
    registry,
    add,

    /** `aggregator`: how the values of a prefork group become one. A value that is null is left out. */
    gauge: (name: string, help: string, value: () => number | null, aggregator: 'sum' | 'average' | 'max'): void => {
      const read = () => {
        const current = value()
        return current === null ? [] : [{ labels: {}, value: current }]
      }
      add(readableMetric({ name, help, type: 'gauge', aggregator }, read))
    },

    /** Read from MySQL at each scrape. Every process reads the same table, so a sum would count each row several times. */
    databaseGauge: (name: string, help: string, value: () => Promise<number>): void => {
      const unknown = () => Number.NaN
      const read = async () => [
        { labels: {}, value: await withTimeout(value().catch(unknown), READ_TIMEOUT_MS, unknown) },
      ]
      add(readableMetric({ name, help, type: 'gauge', aggregator: 'max' }, read))
    },

    counter: <Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> =>
      new Counter({ name, help, labelNames, registers: [registry] }),

    histogram: (name: string, help: string, buckets: readonly number[]): Histogram =>
      new Histogram({ name, help, buckets: [...buckets], registers: [registry] }),
  }
}
