// Sends spans to a collector by OTLP over HTTP.
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base'
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from '@opentelemetry/otlp-exporter-base/node-http'
import {
  JsonTraceSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

export interface Collector {
  /** Where traces go, such as http://localhost:4318/v1/traces. */
  url: string
  protocol: 'http/protobuf' | 'http/json'
  headers: Readonly<Record<string, string>>
}

/** How long one batch may take, with its retries. */
const EXPORT_TIMEOUT_MS = 5000

/** More than the queue has batches, so that a shutdown can send all of them. */
const CONCURRENCY = 8

const FORMATS = {
  'http/protobuf': { serializer: ProtobufTraceSerializer, type: 'application/x-protobuf' },
  'http/json': { serializer: JsonTraceSerializer, type: 'application/json' },
}

export function createExporter({ url, protocol, headers }: Collector): SpanExporter {
  const { serializer, type } = FORMATS[protocol]
  const delegate = createOtlpHttpExportDelegate(
    {
      url,
      headers: () => Promise.resolve({ ...headers, 'Content-Type': type }),
      agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
      compression: 'none',
      concurrencyLimit: CONCURRENCY,
      timeoutMillis: EXPORT_TIMEOUT_MS,
    },
    serializer,
    'otlp_http_span_exporter',
    TraceExporterMetricsHelper,
    undefined,
  )
  return new OTLPExporterBase(delegate)
}
