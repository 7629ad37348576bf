// The facts of a request: one object for each, which every hook and route shares.
import type { IncomingMessage } from 'node:http'
import type { Auth, SessionError } from '@postern/session'
import { createProxyReader, type ProxyHeaders } from '@postern/service/proxy-headers'
import type { RequestTrace, Tracing } from '@postern/service/tracing/tracing'
import type { FastifyInstance } from 'fastify'
import type { GrpcWebProtocol } from '../grpc-web/response.js'
import type { Match } from '../routes/match.js'
import type { Operation, Rpc } from '../routes/rpc.js'

export interface Facts {
  readonly requestId: string
  /** By `performance.now()`. */
  readonly startedAt: number
  /** Null without traces, and for requests that have none. */
  readonly trace: RequestTrace | null
  /** The client's address, as determined by TRUST_PROXY. Empty if it is not known. */
  readonly address: string
  /** The host that the client called, as determined by TRUST_PROXY. */
  readonly host: string | undefined
  /** Null if the request calls nothing: then it is anonymous and has no limits, as probes, documents and unknown paths. */
  operation: Operation | null
  /** The RPC that the request calls, and how. Null for the gateway's own routes. */
  call:
    | { readonly kind: 'rest'; readonly match: Match }
    | { readonly kind: 'grpc-web'; readonly rpc: Rpc; readonly protocol: GrpcWebProtocol }
    | null
  /** How errors are sent. */
  protocol: 'rest' | GrpcWebProtocol
  /** The signed-in user. */
  auth: Auth | null
  /** Why there is none. Null for a request without a token. */
  refusal: SessionError | null
  /** When the response has begun, if it is a stream: it may last for hours. By `performance.now()`. */
  answeredAt: number | null
  /** The code of the error that was sent, for the log and the metrics. */
  code: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    facts: Facts
  }
  interface FastifyContextConfig {
    /** Of the gateway's own routes. Without one, a route has no limits: probes and documents. */
    operation?: Operation
  }
}

export interface ProxySettings {
  /** Addresses and networks. */
  readonly trustedProxies: readonly string[]
  readonly proxyHeaders: ProxyHeaders
}

function createFacts({ trustedProxies, proxyHeaders }: ProxySettings, tracing: Tracing | null) {
  const { addressOf, hostOf } = createProxyReader(trustedProxies, proxyHeaders)
  return (request: IncomingMessage, requestId: string, startedAt = performance.now()): Facts => ({
    requestId,
    startedAt,
    trace: tracing?.startRequest(request, startedAt) ?? null,
    address: addressOf(request),
    host: hostOf(request),
    operation: null,
    call: null,
    protocol: 'rest',
    auth: null,
    refusal: null,
    answeredAt: null,
    code: null,
  })
}

/** The first hook. */
export function addFacts(http: FastifyInstance, settings: ProxySettings, tracing: Tracing | null): void {
  const factsOf = createFacts(settings, tracing)
  http.decorateRequest('facts')
  http.addHook('onRequest', (request, reply, done) => {
    request.facts = factsOf(request.raw, request.id)
    void reply.header('x-request-id', request.id)
    done()
  })
}
