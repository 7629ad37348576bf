// The trace context: what a caller sends, what other servers get, and the ids in log lines.
import type { IncomingHttpHeaders } from 'node:http'
import { type Context, ROOT_CONTEXT, type Span } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { TraceIds } from './tracing.js'

const propagator = new W3CTraceContextPropagator()
const getter = { keys: () => [], get: (headers: IncomingHttpHeaders, name: string) => headers[name] }
const setter = { set: (headers: Record<string, string>, name: string, value: string) => void (headers[name] = value) }

/** The caller's span, if the headers name one. */
export const contextFrom = (headers: IncomingHttpHeaders): Context => propagator.extract(ROOT_CONTEXT, headers, getter)

/** Without `tracestate`: providers are no part of the caller's system, and a client could send text in it to them. */
export function headersFor(context: Context): Record<string, string> {
  const headers: Record<string, string> = {}
  propagator.inject(context, headers, setter)
  delete headers['tracestate']
  return headers
}

export function idsOf(span: Span): TraceIds {
  const { traceId, spanId } = span.spanContext()
  return { trace_id: traceId, span_id: spanId }
}
