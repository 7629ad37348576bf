// The span of a gRPC call, by the conventions of OpenTelemetry for RPCs.
import { SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Scope, Scopes } from './scopes.js'
import { endWith } from './span-ends.js'
import { contextFrom, idsOf } from './trace-context.js'
import type { Tracing } from './tracing.js'

export function createCallTraces(tracer: Tracer, scopes: Scopes): Tracing['startCall'] {
  return function startCall({ method, headers }, startTime) {
    const parent = contextFrom(headers)
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method }
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes, startTime }, parent)
    const request = { isOver: false }
    const scope: Scope = { span, context: trace.setSpan(parent, span), request }

    return {
      ids: idsOf(span),
      run: (work) => scopes.run(scope, work),
      // A call is one operation, which its own span describes.
      startOperation: () => undefined,
      endOperation: () => undefined,
      end({ status, endedAt, code }) {
        request.isOver = true
        span.setAttributes({ 'rpc.response.status_code': status })
        endWith(span, code, endedAt)
      },
    }
  }
}
