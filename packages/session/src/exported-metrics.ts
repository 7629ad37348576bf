// Exports the state and the counters of a validator to prom-client or OpenTelemetry, without importing either.
import type { SessionStatus } from './status.js'

/** The part of prom-client's `Registry` that is used (prom-client 14 or 15). */
export interface MetricsRegister {
  registerMetric(metric: never): void
  removeSingleMetric(name: string): void
}

/** The part of OpenTelemetry's `Meter` that is used (`@opentelemetry/api` 1). */
export interface MetricsMeter {
  createObservableCounter(name: string, options?: { description?: string }): ObservableInstrument
  createObservableGauge(name: string, options?: { description?: string; unit?: string }): ObservableInstrument
}

interface ObservableInstrument {
  addCallback(callback: ObservableCallback): void
  removeCallback(callback: ObservableCallback): void
}

type ObservableCallback = (result: { observe(value: number, attributes?: Record<string, string>): void }) => void

/** Where the metrics of a validator go: a registry of prom-client, or a meter of OpenTelemetry. */
export type MetricsTarget = { readonly register: MetricsRegister } | { readonly meter: MetricsMeter }

interface Sample {
  labels: Record<string, string>
  value: number
}

interface ExportedMetric {
  name: string
  help: string
  type: 'counter' | 'gauge'
  read: (status: SessionStatus) => Sample[]
}

const one = (value: number): Sample[] => [{ labels: {}, value }]

const METRICS: readonly ExportedMetric[] = [
  {
    name: 'postern_session_token_validations_total',
    help: 'Validated tokens, by result (refused: 401, unavailable: 503).',
    type: 'counter',
    read: ({ counters: { accepted, refused, unavailable } }) =>
      Object.entries({ accepted, refused, unavailable }).map(([result, value]) => ({ labels: { result }, value })),
  },
  {
    name: 'postern_session_stream_entries_total',
    help: 'Entries of the revocation stream, by kind (ignored: forged or foreign; leftover: of an earlier key).',
    type: 'counter',
    read: ({ counters: { entries, ignored, leftover } }) =>
      Object.entries({ read: entries, ignored, leftover }).map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'postern_session_stream_replays_total',
    help: 'How often the revocation stream was read from its beginning.',
    type: 'counter',
    read: ({ counters }) => one(counters.replays),
  },
  {
    name: 'postern_session_stream_connections_total',
    help: 'How often a connection to Redis was opened.',
    type: 'counter',
    read: ({ counters }) => one(counters.connections),
  },
  {
    name: 'postern_session_key_fetches_total',
    help: 'Fetches of the public keys, by result.',
    type: 'counter',
    read: ({ counters: { keyFetches, keyFetchFailures } }) => [
      { labels: { result: 'success' }, value: keyFetches - keyFetchFailures },
      { labels: { result: 'failed' }, value: keyFetchFailures },
    ],
  },
  {
    name: 'postern_session_ready',
    help: '1 while tokens can be verified, else 0.',
    type: 'gauge',
    read: ({ ready }) => one(Number(ready)),
  },
  {
    name: 'postern_session_lag_seconds',
    help: 'An upper bound on the age of what is known about revocations. Absent until it is complete for the first time.',
    type: 'gauge',
    read: ({ lagMs }) => (lagMs === null ? [] : one(lagMs / 1000)),
  },
  {
    name: 'postern_session_revocations',
    help: 'Revocations in memory.',
    type: 'gauge',
    read: ({ revocations }) => one(revocations),
  },
]

/** Exports until the returned function is called. Reads `status` only when the metrics are collected. */
export function exportMetrics(target: MetricsTarget, status: () => SessionStatus): () => void {
  return 'register' in target ? registerAll(target.register, status) : observeAll(target.meter, status)
}

/** A registry reads objects of this shape. Its own classes would need prom-client at run time. */
function registerAll(register: MetricsRegister, status: () => SessionStatus): () => void {
  for (const { read, ...description } of METRICS) {
    const metric = { ...description, aggregator: description.name.endsWith('_ready') ? 'min' : 'sum' }
    register.registerMetric({ ...metric, get: () => Promise.resolve({ ...metric, values: read(status()) }) } as never)
  }
  return () => METRICS.forEach(({ name }) => register.removeSingleMetric(name))
}

function observeAll(meter: MetricsMeter, status: () => SessionStatus): () => void {
  const stops = METRICS.map(({ name, help: description, type, read }) => {
    const instrument =
      type === 'counter'
        ? // OpenTelemetry's exporters add the suffix.
          meter.createObservableCounter(name.replace(/_total$/, ''), { description })
        : meter.createObservableGauge(name, { description })
    const callback: ObservableCallback = (result) => {
      for (const { labels, value } of read(status())) result.observe(value, labels)
    }
    instrument.addCallback(callback)
    return () => instrument.removeCallback(callback)
  })
  return () => stops.forEach((stop) => stop())
}
