// What a service knows of traces. Null stands for "no traces": then nothing is wrapped, and nothing of OpenTelemetry loads.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** What traces need to know of a service. */
export interface TracedService {
  name: string
  version: string
  /** The name of a request's span until its route is known, with nothing that a client sent. Null if it gets no span. */
  nameOfRequest: (request: IncomingMessage) => string | null
  /** The code of an error that answers the caller, and is no failure unless the code says so. Undefined for all others. */
  codeOf: (error: unknown) => string | undefined
}

export interface Tracing {
  /** Starts the span of a request, or returns null if requests of its kind have none. `startedAt`: by `performance.now()`. */
  startRequest(request: IncomingMessage, startedAt: number): RequestTrace | null
  /** Starts the span of a gRPC call, whose method exists. `headers`: its metadata, as far as it is about traces. */
  startCall(call: TracedCall, startedAt: number): RequestTrace
  /**
   * Runs `work` in a span below the current one. It ends with what `work` returns, or with what its promise settles to.
   * Outside a request `work` runs without a span. `name` and `attributes` must contain nothing that a client sent.
   */
  inSpan<T>(name: string, attributes: Attributes, work: (note: Note) => T): T
  /** The same for a call to another service. `work` sends it the `traceParent`. */
  inCall<T>(name: string, attributes: Attributes, work: (note: Note) => T): T
  /**
   * Runs `work` in a span that continues the trace of an earlier request. Without its `traceParent`, or with one that is
   * none, `work` runs without a span. As for `inSpan`, nothing that a client sent belongs in `name` and `attributes`.
   */
  continued<T>(traceParent: string | null, name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>
  /** The W3C traceparent of the current span, for what the request causes later. Null without one. */
  traceParent(): string | null
  /** The ids of the current span, for log lines. */
  ids(): TraceIds | undefined
  /** What became of the spans since the start. */
  counts(): SpanCounts
  /** `report` gets null after an export that succeeded, and the reason after one that failed. */
  onExport(report: (failure: Error | null) => void): void
  /** Sends the remaining spans, for at most {@link FLUSH_MS}. */
  close(): Promise<void>
}

/** A gRPC call. */
export interface TracedCall {
  /** `service/method`. */
  method: string
  headers: IncomingHttpHeaders
}

/** The span of one request, and the one of its operation below it. */
export interface RequestTrace {
  readonly ids: TraceIds
  /** Runs `work` so that the spans it starts are below this request's. */
  run<T>(work: () => T): T
  /** `operation`: the root fields in the names of the schema. */
  startOperation(type: string, operation: string): void
  /** `code`: of the first error. */
  endOperation(code: string | undefined): void
  /** No span starts below this one from now on: timers that a request has started may run for much longer. */
  end(outcome: RequestOutcome): void
}

export interface RequestOutcome {
  /** The path as it is registered. */
  route: string
  /** Of HTTP, or the name of that of gRPC. */
  status: number | string
  /** By `performance.now()`. */
  endedAt: number
  code: string | undefined
}

export type Attributes = Readonly<Record<string, string | number>>

/** Records that something happened in a span. */
export type Note = (event: string) => void

/** The names are those that collectors of logs look for. */
export interface TraceIds {
  trace_id: string
  span_id: string
}

export interface SpanCounts {
  exported: number
  /** Given up because too many waited. */
  dropped: number
  /** Sent, but the collector did not accept them. */
  failed: number
}

export const SPAN_RESULTS = ['exported', 'dropped', 'failed'] as const satisfies readonly (keyof SpanCounts)[]

/** How long a shutdown waits for the collector. */
export const FLUSH_MS = 2000
