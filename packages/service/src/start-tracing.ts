// Starts traces if they are configured, and reports what becomes of them.
import type { Logger } from './logger.js'
import { readableMetric, type ReadableMetric } from './tallies.js'
import type { TracingVariables } from './tracing-variables.js'
import { SPAN_RESULTS, type SpanCounts, type TracedService, type Tracing } from './tracing/tracing.js'

/** Null without OTEL_EXPORTER_OTLP_ENDPOINT. Then nothing of OpenTelemetry is loaded. */
export async function startTracing(config: TracingVariables, service: TracedService): Promise<Tracing | null> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name } = config
  if (endpoint === undefined) return null
  const { createTracing } = await import('./tracing/open-telemetry.js')
  return createTracing({
    collector: {
      url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
      protocol: config.OTEL_EXPORTER_OTLP_PROTOCOL,
      headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    },
    resource: {
      'service.name': service.name,
      'service.version': service.version,
      'process.pid': process.pid,
      ...config.OTEL_RESOURCE_ATTRIBUTES,
      ...(name !== undefined && { 'service.name': name }),
    },
    sampler: { name: config.OTEL_TRACES_SAMPLER, ratio: config.OTEL_TRACES_SAMPLER_ARG },
    nameOfRequest: service.nameOfRequest,
    codeOf: service.codeOf,
  })
}

interface Report {
  logger: Logger
  metrics: { add(metric: ReadableMetric): void }
}

/** Counts spans, and logs when the collector stops accepting them and when it does again. */
export function reportTracing(tracing: Tracing, { logger, metrics }: Report): void {
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
