// Continues the trace of a request in work that the request has caused, such as processing an event.
import { type Context, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Scope, Scopes } from './scopes.js'
import type { EndFailed } from './span-ends.js'
import { contextFrom } from './trace-context.js'
import type { Attributes, Tracing } from './tracing.js'

export const createContinued = (tracer: Tracer, scopes: Scopes, endFailed: EndFailed): Tracing['continued'] =>
  async function continued<T>(
    traceParent: string | null,
    name: string,
    attributes: Attributes,
    work: () => Promise<T>,
  ): Promise<T> {
    const parent: Context | null = traceParent === null ? null : contextFrom({ traceparent: traceParent })
    if (!parent || !trace.getSpanContext(parent)) return work()
    const span = tracer.startSpan(name, { kind: SpanKind.CONSUMER, attributes: { ...attributes } }, parent)
    const scope: Scope = { span, context: trace.setSpan(parent, span), request: { isOver: false } }
    try {
      return await scopes.run(scope, work)
    } catch (error) {
      endFailed(span, error)
      throw error
    } finally {
      // A second end has no effect.
      span.end()
      scope.request.isOver = true
    }
  }
