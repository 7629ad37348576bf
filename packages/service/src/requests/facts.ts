// The facts of a request: one object for each, shared by everything that has a part in its response, and by both doors.
import type { IncomingMessage } from 'node:http'
import type { RequestTrace, Tracing } from '../tracing/tracing.js'
import { createProxyReader, type ProxyHeaders } from '../proxy-headers.js'
import { requestIdOf } from '../request-id.js'

/** An error of a response. Names come from the schema, never from the client. */
export interface ReportedError {
  /** The root field of the schema that failed. `none` if the error belongs to no field. */
  readonly operation: string
  readonly code: string
}

export interface RequestFacts {
  readonly requestId: string
  readonly method: string
  /** The client's address, as determined by TRUST_PROXY. Empty if it is not known. */
  readonly address: string
  /** The host that the client called, as determined by TRUST_PROXY. HTTP/1.0 permits requests without one. */
  readonly host: string | undefined
  /** By `performance.now()`: when the head of the request had arrived. */
  readonly startedAt: number
  /** Null if there are no traces, or none for this request. */
  readonly trace: RequestTrace | null
  /** The path as it is registered, without anything from the client; of a call, `/service/method`. `none` for an unknown path. */
  route: string
  /** The distinct root fields in the schema's names, such as `login` or `profile,sessions`. `none` until known. */
  operation: string
  /** How often each root field is called, in the schema's names. Empty until known. */
  calls: ReadonlyMap<string, number>
  operationType: 'query' | 'mutation' | 'subscription' | null
  userId: string | null
  /** Which service calls with a key of its own. Null for everyone else. */
  service: string | null
  /** Empty as long as nothing has failed. */
  errors: readonly ReportedError[]
  /** Which hooks have run. Only request-hooks.ts writes it. */
  stage: 'new' | 'entered' | 'refused' | 'left'
  /** What a hook threw to refuse the request. */
  refusal: unknown
}

/** What is known of a request from the beginning. */
type Head = Pick<RequestFacts, 'requestId' | 'method' | 'address' | 'host' | 'startedAt' | 'trace'>

/** What a hook may read. */
export type ReadonlyFacts = Readonly<RequestFacts>

/** Shared by all requests without errors, so that a request that succeeds allocates no list. */
const NO_ERRORS: readonly ReportedError[] = []

/** The same for calls. */
const NO_CALLS: ReadonlyMap<string, number> = new Map()

export const newFacts = ({ requestId, method, address, host, startedAt, trace }: Head): RequestFacts => ({
  requestId,
  method,
  address,
  host,
  startedAt,
  trace,
  route: 'none',
  operation: 'none',
  calls: NO_CALLS,
  operationType: null,
  userId: null,
  service: null,
  errors: NO_ERRORS,
  stage: 'new',
  refusal: null,
})

export type RequestFactsStore = ReturnType<typeof createRequestFacts>

/** `trustedProxies` are addresses and networks. */
export function createRequestFacts(
  trustedProxies: readonly string[],
  proxyHeaders: ProxyHeaders = 'auto',
  tracing: Tracing | null = null,
) {
  const known = new WeakMap<IncomingMessage, RequestFacts>()
  const { addressOf, hostOf } = createProxyReader(trustedProxies, proxyHeaders)

  const create = (request: IncomingMessage, startedAt: number): RequestFacts =>
    newFacts({
      requestId: requestIdOf(request.headers['x-request-id']),
      method: request.method ?? '',
      address: addressOf(request),
      host: hostOf(request),
      startedAt,
      trace: tracing && tracing.startRequest(request, startedAt),
    })

  return {
    /** The host of a request that has no facts yet. */
    hostOf,

    /** Creates facts for a request that may need none beyond its response. */
    create,

    /** Lets {@link of} find the facts: Fastify continues with the object of a request that was passed on. */
    keep(request: IncomingMessage, facts: RequestFacts): void {
      known.set(request, facts)
    },

    /** The facts of a request, created at the first call. */
    of(request: IncomingMessage): RequestFacts {
      let facts = known.get(request)
      if (!facts) known.set(request, (facts = create(request, performance.now())))
      return facts
    },
  }
}

/** Records an error for the log line and the metrics. */
export function reportError(facts: RequestFacts, code: string, operation = 'none'): void {
  facts.errors = [...facts.errors, { operation, code }]
}
