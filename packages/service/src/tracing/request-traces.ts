// The span of a request, and the one of its operation below it.
import type { IncomingMessage } from 'node:http'
import { type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Scope, Scopes } from './scopes.js'
import { endWith } from './span-ends.js'
import { contextFrom, idsOf } from './trace-context.js'
import type { RequestTrace, TracedService, Tracing } from './tracing.js'

export function createRequestTraces(
  tracer: Tracer,
  scopes: Scopes,
  nameOfRequest: TracedService['nameOfRequest'],
): Tracing['startRequest'] {
  return function startRequest(message: IncomingMessage, startTime): RequestTrace | null {
    const name = nameOfRequest(message)
    if (name === null) return null
    const { method = '', headers } = message
    const parent = contextFrom(headers)
    const attributes = { 'http.request.method': method }
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, startTime }, parent)
    const request = { isOver: false }
    const scope: Scope = { span, context: trace.setSpan(parent, span), request }
    let operation: Span | null = null

    return {
      ids: idsOf(span),
      run: (work) => scopes.run(scope, work),
      startOperation(type, rootFields) {
        if (!span.isRecording()) return
        // A client can combine root fields in many ways, and names of spans should be few.
        const name = `${type} ${rootFields.includes(',') ? 'several' : rootFields}`
        const described = { 'graphql.operation.type': type, 'postern.operation': rootFields }
        operation = tracer.startSpan(name, { attributes: described }, scope.context)
        scope.span = operation
        scope.context = trace.setSpan(scope.context, operation)
      },
      endOperation(code) {
        if (operation) endWith(operation, code)
      },
      end({ route, status, endedAt, code }) {
        request.isOver = true
        span.updateName(`${method} ${route}`)
        span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
        endWith(span, code ?? (Number(status) >= 500 ? String(status) : undefined), endedAt)
      },
    }
  }
}
