// Traces with OpenTelemetry. Only app/tracing.ts imports this file, and only if traces are on.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { withTimeout } from '@postern/contract/timeout'
import { AuthError } from '../errors.js'
import { type Collector, createExporter } from './exporter.js'
import { type Call, traceLibraries } from './library-spans.js'
import { createSampler } from './sampler.js'
import { createSpanQueue } from './span-queue.js'
import { type Attributes, FLUSH_MS, type RequestTrace, type TraceIds, type Tracing } from './tracing.js'

interface Options {
  collector: Collector
  /** Of the service, such as its name. */
  resource: Attributes
  sampler: { name: string; ratio: number }
}

/** The span below which new ones start. */
interface Scope {
  context: Context
  span: Span
  /** Of the request: true once it has been answered. */
  request: { isOver: boolean }
}

/** Longer statements are cut. */
const MAX_ATTRIBUTE_LENGTH = 4096

const propagator = new W3CTraceContextPropagator()
const getter = { keys: () => [], get: (headers: IncomingMessage['headers'], name: string) => headers[name] }
const setter = { set: (headers: Record<string, string>, name: string, value: string) => void (headers[name] = value) }

export function createTracing({ collector, resource, sampler }: Options): Tracing {
  let report: (failure: Error | null) => void = () => undefined
  const queue = createSpanQueue(createExporter(collector), (failure) => report(failure))
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    sampler: createSampler(sampler.name, sampler.ratio),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [queue.processor],
  })
  const tracer = provider.getTracer('postern')
  const scopes = new AsyncLocalStorage<Scope>()

  function currentScope(): Scope | null {
    const scope = scopes.getStore()
    return scope && !scope.request.isOver ? scope : null
  }

  /** Null if there is no request, or its trace is not recorded. */
  function start(name: string, kind: SpanKind, attributes: Attributes): { span: Span; scope: Scope } | null {
    const parent = currentScope()
    if (!parent?.span.isRecording()) return null
    const span = tracer.startSpan(name, { kind, attributes: { ...attributes } }, parent.context)
    return { span, scope: { ...parent, span, context: trace.setSpan(parent.context, span) } }
  }

  function inSpan<T>(name: string, attributes: Attributes, work: (note: (event: string) => void) => T): T {
    const started = start(name, SpanKind.INTERNAL, attributes)
    if (!started) return work(() => undefined)
    const { span, scope } = started
    const end = <V>(value: V): V => {
      span.end()
      return value
    }
    const fail = (error: unknown): never => {
      endFailed(span, error)
      throw error
    }
    try {
      const result = scopes.run(scope, () => work((event) => void span.addEvent(event)))
      return result instanceof Promise ? (result.then(end, fail) as T) : end(result)
    } catch (error) {
      return fail(error)
    }
  }

  function startRequest({ method = '', url = '', headers }: IncomingMessage, startTime: number): RequestTrace | null {
    // Health checks and scrapes would fill the collector, and pages are files.
    if (url !== '/graphql' && !url.startsWith('/graphql?')) return null
    const parent = propagator.extract(ROOT_CONTEXT, headers, getter)
    const attributes = { 'http.request.method': method }
    const span = tracer.startSpan(`${method} /graphql`, { kind: SpanKind.SERVER, attributes, startTime }, parent)
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
        span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
        endWith(span, code ?? (status >= 500 ? String(status) : undefined), endedAt)
      },
    }
  }

  function startCall(name: string, attributes: Attributes): Call | null {
    const started = start(name, SpanKind.CLIENT, attributes)
    if (!started) return null
    const { span, scope } = started
    return {
      end: (error) => (error === undefined ? span.end() : endFailed(span, error)),
      headers: () => headersOf(scope),
    }
  }

  const stopLibraries = traceLibraries(startCall, () => headersOf(currentScope()))

  return {
    startRequest,
    inSpan,
    ids() {
      const scope = currentScope()
      return scope ? idsOf(scope.span) : undefined
    },
    counts: queue.counts,
    onExport(listener) {
      report = listener
    },
    async close() {
      stopLibraries()
      const giveUp = () => undefined
      await withTimeout(provider.shutdown().catch(giveUp), FLUSH_MS, giveUp)
    },
  }
}

/** Without `tracestate`: providers are no part of the caller's system, and a client could send text in it to them. */
function headersOf(scope: Scope | null): Record<string, string> {
  const headers: Record<string, string> = {}
  if (scope) propagator.inject(scope.context, headers, setter)
  delete headers['tracestate']
  return headers
}

function idsOf(span: Span): TraceIds {
  const { traceId, spanId } = span.spanContext()
  return { trace_id: traceId, span_id: spanId }
}

/** Codes of errors that are the service's fault, or its stores'. A refused password is no failure of the service. */
const isFailure = (code: string): boolean =>
  code === 'SERVICE_UNAVAILABLE' || code === 'INTERNAL_SERVER_ERROR' || /^5\d\d$/.test(code)

function endWith(span: Span, code: string | undefined, endTime?: number): void {
  if (code !== undefined) {
    span.setAttribute('error.type', code)
    if (isFailure(code)) span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end(endTime)
}

/** Records what kind of error it was. Its message can contain values. */
function endFailed(span: Span, error: unknown): void {
  if (error instanceof AuthError) return endWith(span, error.code)
  const { code, name } =
    error instanceof Error ? (error as Error & { code?: unknown }) : { code: null, name: 'unknown' }
  span.setStatus({ code: SpanStatusCode.ERROR })
  endWith(span, typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : name)
}
