// The Prometheus metrics of the gateway.
import { watchBreakers } from '@postern/service/breaker-metrics'
import type { BreakerEvent, BreakerState } from '@postern/service/breakers'
import { createMetricRegistry } from '@postern/service/metric-registry'
import { createHistogramTallies, type ReadableMetric, type Tally } from '@postern/service/tallies'
import { CACHE_RESULTS, type CacheResult } from './cache/cached.js'
import { STREAM_ENDS, type StreamEnd } from './streams/open-streams.js'
import type { ObserveCall } from './upstreams/observed.js'
import { RETRY_EVENTS, type RetryEvent } from './upstreams/retries.js'

export interface Metrics {
  /** `route`: its template, or `none`. `seconds` to the last byte of the response, or to the beginning of a stream. */
  readonly observeRequest: (method: string, route: string, status: number, seconds: number) => void
  readonly observeCall: ObserveCall
  readonly countRetry: (service: string, event: RetryEvent) => void
  /** Adds the states of the circuit breakers, and returns a counter of their events. */
  readonly watchBreakers: (
    services: readonly string[],
    stateOf: (service: string) => BreakerState,
  ) => (service: string, event: BreakerEvent) => void
  readonly countCache: (result: CacheResult) => void
  /** A request that was refused because of a limit: that of the user, for example. */
  readonly countRefusal: (limit: string) => void
  /** Adds how many streams are open now, and returns a counter of those that have ended. */
  readonly watchStreams: (open: () => number) => (why: StreamEnd) => void
  readonly add: (metric: ReadableMetric) => void
  /** The response of /metrics. */
  readonly text: () => Promise<string>
}

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMetrics(services: readonly string[]): Metrics {
  const metrics = createMetricRegistry()
  const { add, counter, gauge, registry } = metrics
  const retries = counter(
    'postern_gateway_retries_total',
    'Calls that failed before anything was sent: repeated, or not because too many others were (over-budget).',
    ['service', 'result'],
  )
  for (const service of services) for (const event of RETRY_EVENTS) retries.labels(service, event).inc(0)
  const kept = counter(
    'postern_gateway_cache_total',
    'Calls of RPCs whose responses may be kept (stale: the service did not answer; bypassed: the request had credentials).',
    ['result'],
  )
  for (const result of CACHE_RESULTS) kept.labels(result).inc(0)
  const refusals = counter('postern_gateway_refusals_total', 'Requests that a limit refused.', ['limit'])
  const ended = counter('postern_gateway_streams_ended_total', 'Streams that have ended, by reason.', ['reason'])
  const observeRequest = addHistogram(
    add,
    'postern_gateway_request_duration_seconds',
    'Time to answer an HTTP request.',
    ['method', 'route', 'status'],
  )
  const observeCall = addHistogram(add, 'postern_gateway_call_duration_seconds', 'Time of a call to a service.', [
    'service',
    'rpc',
    'code',
  ])

  return {
    observeRequest: (method, route, status, seconds) => observeRequest([method, route, String(status)], seconds),
    observeCall: (service, rpc, code, seconds) => observeCall([service, rpc, code], seconds),
    countRetry: (service, event) => retries.labels(service, event).inc(),
    watchBreakers: (names, stateOf) => watchBreakers(metrics, names, stateOf),
    countCache: (result) => kept.labels(result).inc(),
    countRefusal: (limit) => refusals.labels(limit).inc(),
    watchStreams(open) {
      gauge('postern_gateway_streams', 'Open streams.', open, 'sum')
      for (const why of STREAM_ENDS) ended.labels(why).inc(0)
      return (why) => ended.labels(why).inc()
    },
    add,
    text: () => registry.metrics(),
  }
}

/** A histogram whose values of labels are few: templates and codes, and nothing that a client sent. */
function addHistogram(add: Metrics['add'], name: string, help: string, labels: readonly string[]) {
  const histogram = createHistogramTallies({ name, help }, BUCKETS)
  const tallies = new Map<string, Tally>()
  add(histogram.metric)
  return (values: readonly string[], seconds: number): void => {
    const key = values.join(' ')
    let tally = tallies.get(key)
    if (!tally) {
      const named = Object.fromEntries(labels.map((label, i) => [label, values[i] ?? '']))
      tallies.set(key, (tally = histogram.child(named)))
    }
    histogram.observe(tally, seconds)
  }
}
