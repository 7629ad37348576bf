// Starts traces if they are configured, and reports what becomes of them.
import type { Config } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics } from '../platform/metrics.js'
import { readableMetric } from '../platform/tallies.js'
import { SPAN_RESULTS, type SpanCounts, type Tracing } from '../platform/tracing/tracing.js'
import { VERSION } from '../platform/version.js'

type TracingConfig = Pick<Config, Extract<keyof Config, `OTEL_${string}`>>

/** Null without OTEL_EXPORTER_OTLP_ENDPOINT. Then nothing of OpenTelemetry is loaded. */
export async function startTracing(config: TracingConfig): Promise<Tracing | null> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name } = config
  if (endpoint === undefined) return null
  const { createTracing } = await import('../platform/tracing/open-telemetry.js')
  return createTracing({
    collector: {
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
      protocol: config.OTEL_EXPORTER_OTLP_PROTOCOL,
      headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    },
    resource: {
      'service.name': 'postern',
      'service.version': VERSION,
      'process.pid': process.pid,
      ...config.OTEL_RESOURCE_ATTRIBUTES,
      ...(name !== undefined && { 'service.name': name }),
    },
    sampler: { name: config.OTEL_TRACES_SAMPLER, ratio: config.OTEL_TRACES_SAMPLER_ARG },
  })
}

/** Counts spans, and logs when the collector stops accepting them and when it does again. */
export function reportTracing(tracing: Tracing, { logger, metrics }: { logger: Logger; metrics: Metrics }): void {
  metrics.add(spanMetric(() => tracing.counts()))
  let isFailing = false
  tracing.onExport((failure) => {
    if ((failure !== null) === isFailing) return
    isFailing = failure !== null
    if (failure)
      logger.warn({ err: failure }, 'the collector of OTEL_EXPORTER_OTLP_ENDPOINT accepts no traces; they are lost')
    else logger.info('the collector of OTEL_EXPORTER_OTLP_ENDPOINT accepts traces again')
  })
}

const spanMetric = (counts: () => SpanCounts) =>
  readableMetric(
    {
      name: 'postern_trace_spans_total',
      help: 'Spans of traces, by result (dropped: too many waited; failed: the collector did not accept them).',
      type: 'counter',
    },
    () => SPAN_RESULTS.map((result) => ({ labels: { result }, value: counts()[result] })),
  )
