// Follows the current span through asynchronous code, and starts new ones below it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Context, type Span, type SpanKind, type Tracer, trace } from '@opentelemetry/api'
import type { Attributes } from './tracing.js'

/** The span below which new ones start. */
export interface Scope {
  context: Context
  span: Span
  /** Of the request: true once it has been answered. */
  request: { isOver: boolean }
}

export type Scopes = ReturnType<typeof createScopes>

export function createScopes(tracer: Tracer) {
  const scopes = new AsyncLocalStorage<Scope>()

  /** Null outside a request, and after its response. */
  function current(): Scope | null {
    const scope = scopes.getStore()
    return scope && !scope.request.isOver ? scope : null
  }

  return {
    current,

    run: <T>(scope: Scope, work: () => T): T => scopes.run(scope, work),

    /** Starts a span below the current one. Null if there is no request, or its trace is not recorded. */
    start: (name: string, kind: SpanKind, attributes: Attributes): { span: Span; scope: Scope } | null => {
      const parent = current()
      if (!parent?.span.isRecording()) return null
      const span = tracer.startSpan(name, { kind, attributes: { ...attributes } }, parent.context)
      return { span, scope: { ...parent, span, context: trace.setSpan(parent.context, span) } }
    },
  }
}
