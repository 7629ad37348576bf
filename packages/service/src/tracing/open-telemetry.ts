// Traces with OpenTelemetry. Only start-tracing.ts imports this file, and only if traces are on.
import { SpanKind } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { withTimeout } from '@postern/contract/timeout'
import { createCallTraces } from './call-traces.js'
import { type Collector, createExporter } from './exporter.js'
import { createContinued } from './continued.js'
import { type Call, traceLibraries } from './library-spans.js'
import { createRequestTraces } from './request-traces.js'
import { createSampler } from './sampler.js'
import { createScopes, type Scopes } from './scopes.js'
import { createEndFailed, type EndFailed } from './span-ends.js'
import { createSpanQueue } from './span-queue.js'
import { headersFor, idsOf } from './trace-context.js'
import { type Attributes, FLUSH_MS, type Note, type TracedService, type Tracing } from './tracing.js'

interface Options extends Pick<TracedService, 'nameOfRequest' | 'codeOf'> {
  collector: Collector
  /** Of the service, such as its name. */
  resource: Attributes
  sampler: { name: string; ratio: number }
}

/** Longer statements are cut. */
const MAX_ATTRIBUTE_LENGTH = 4096

export function createTracing({ collector, resource, sampler, nameOfRequest, codeOf }: Options): Tracing {
  const endFailed = createEndFailed(codeOf)
  let report: (failure: Error | null) => void = () => undefined
  const queue = createSpanQueue(createExporter(collector), (failure) => report(failure))
  const provider = new TracerProvider({
    resource: resourceFromAttributes(resource),
    sampler: createSampler(sampler.name, sampler.ratio),
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: [queue.processor],
  })
  const tracer = provider.getTracer('postern')
  const scopes = createScopes(tracer)

  function startCall(name: string, attributes: Attributes): Call | null {
    const started = scopes.start(name, SpanKind.CLIENT, attributes)
    if (!started) return null
    const { span, scope } = started
    return {
      end: (error) => (error === undefined ? span.end() : endFailed(span, error)),
      headers: () => headersFor(scope.context),
    }
  }

  const stopLibraries = traceLibraries(startCall, () => {
    const scope = scopes.current()
    return scope ? headersFor(scope.context) : {}
  })

  return {
    startRequest: createRequestTraces(tracer, scopes, nameOfRequest),
    startCall: createCallTraces(tracer, scopes),
    inSpan: createInSpan(scopes, SpanKind.INTERNAL, endFailed),
    inCall: createInSpan(scopes, SpanKind.CLIENT, endFailed),
    continued: createContinued(tracer, scopes, endFailed),
    traceParent() {
      const scope = scopes.current()
      return (scope && headersFor(scope.context)['traceparent']) ?? null
    },
    ids() {
      const scope = scopes.current()
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

const createInSpan = ({ start, run }: Scopes, kind: SpanKind, endFailed: EndFailed): Tracing['inSpan'] =>
  function inSpan<T>(name: string, attributes: Attributes, work: (note: Note) => T): T {
    const started = start(name, kind, attributes)
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
      const result = run(scope, () => work((event) => void span.addEvent(event)))
      return result instanceof Promise ? (result.then(end, fail) as T) : end(result)
    } catch (error) {
      return fail(error)
    }
  }
