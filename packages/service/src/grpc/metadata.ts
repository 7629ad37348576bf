// Reads the metadata of a call: who calls, from where, as part of which trace.
import type { IncomingHttpHeaders } from 'node:http'
import { CALLER_METADATA, type GatewayCaller, type VerifyCaller } from '@postern/contract/caller'
import type { createProxyReader, ProxiedRequest } from '../proxy-headers.js'
import { requestIdOf } from '../request-id.js'
import type { Tracing } from '../tracing/tracing.js'
import type { Metadata } from '@grpc/grpc-js'
import { newFacts, type RequestFacts } from '../requests/facts.js'

/** What is read of a call. grpc-js has no type of its own for it. */
export interface IncomingCall {
  readonly metadata: Metadata
  getPath(): string
  getHost(): string
  getPeer(): string
}

export interface CallHead {
  readonly facts: RequestFacts
  /** Whom the gateway has called for. Null for a client that calls itself. */
  readonly gateway: GatewayCaller | null
  /** The metadata names a caller that this gateway has not signed for this call. */
  readonly isForged: boolean
  /** The host that the client called, as determined by TRUST_PROXY. */
  readonly host: () => string | undefined
}

interface Parts {
  proxies: ReturnType<typeof createProxyReader>
  /** Null: no gateway is trusted, and what it would send is ignored. */
  verifyCaller: VerifyCaller | null
  tracing: Tracing | null
}

/** The first value of a key that is no binary one. */
export function textOf(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key)
  return typeof value === 'string' ? value : undefined
}

/** `192.0.2.1:4711`, or `2001:db8::1:4711`. Empty if the client has disconnected. */
function addressOf(peer: string): string {
  const end = peer.lastIndexOf(':')
  return end === -1 ? '' : peer.slice(0, end)
}

/** As the reader of proxies wants it, which looks at the headers only if a trusted proxy has sent them. */
const asRequest = (call: IncomingCall): ProxiedRequest => ({
  socket: { remoteAddress: addressOf(call.getPeer()) || undefined },
  get headers(): IncomingHttpHeaders {
    return { ...(call.metadata.getMap() as IncomingHttpHeaders), host: call.getHost() }
  },
})

const NO_GATEWAY = { gateway: null, isForged: false }

export function createHeadReader({ proxies, verifyCaller, tracing }: Parts): (call: IncomingCall) => CallHead {
  function traceOf(path: string, metadata: Metadata, startedAt: number) {
    if (!tracing) return null
    const [traceparent, tracestate] = [textOf(metadata, 'traceparent'), textOf(metadata, 'tracestate')]
    const headers = {
      ...(traceparent !== undefined && { traceparent }),
      ...(tracestate !== undefined && { tracestate }),
    }
    return tracing.startCall({ method: path.slice(1), headers }, startedAt)
  }

  function callerOf(path: string, metadata: Metadata): Pick<CallHead, 'gateway' | 'isForged'> {
    const signed = verifyCaller ? textOf(metadata, CALLER_METADATA) : undefined
    if (!verifyCaller || signed === undefined) return NO_GATEWAY
    const gateway = verifyCaller(path, signed)
    return { gateway, isForged: gateway === null }
  }

  return (call) => {
    const startedAt = performance.now()
    const { metadata } = call
    const path = call.getPath()
    const { gateway, isForged } = callerOf(path, metadata)
    const request = asRequest(call)
    const facts = newFacts({
      requestId: requestIdOf(gateway?.requestId ?? textOf(metadata, 'x-request-id')),
      method: 'POST',
      address: gateway?.address ?? proxies.addressOf(request),
      // As the client sent it: nothing of gRPC reads it. Proofs need the host that `host` below determines.
      host: call.getHost(),
      startedAt,
      trace: traceOf(path, metadata, startedAt),
    })
    facts.route = path
    return { facts, gateway, isForged, host: () => proxies.hostOf(request) }
  }
}
