// Typed calls to another service: with the key of this one and a time limit, behind a circuit breaker. What fails is a ServiceError.
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { Metadata } from '@grpc/grpc-js'
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@postern/proto/health'
import type { RpcName, RpcRequestInit, RpcResponse } from '@postern/proto/rpc-types'
import type { BreakerSet } from '../breaker-set.js'
import { SERVICE_METADATA, serviceCredential } from '../callers/service-keys.js'
import type { ServiceKey } from '../service-key-variables.js'
import type { Tracing } from '../tracing/tracing.js'
import type { UpstreamAddress } from './address.js'
import { serviceErrorOf } from './client-errors.js'
import { createUpstream, type Upstream } from './upstream.js'
import { breakerOptionsOf, withBreaker } from './upstream-breaker.js'

/** What is known of the request that a call is made for. */
export interface CallerOptions {
  /** Cancels the call, and ends a stream. */
  readonly signal?: AbortSignal
  /** For the log of the service that is called. */
  readonly requestId?: string
}

type Call<S extends DescService, M extends RpcName<S>, Result> = (
  request: RpcRequestInit<S, M>,
  options?: CallerOptions,
) => Promise<Result>

/** The RPCs of a service. A stream is open once the service has begun to respond. */
export type ServiceRpcs<S extends DescService> = {
  readonly [M in RpcName<S>]: Call<
    S,
    M,
    S['method'][M]['methodKind'] extends 'server_streaming' ? AsyncIterable<RpcResponse<S, M>> : RpcResponse<S, M>
  >
}

export interface ServiceConnection {
  /** Its calls reject with SERVICE_UNAVAILABLE while the service does not respond, and otherwise with its errors. */
  readonly rpcs: <S extends DescService>(service: S) => ServiceRpcs<S>
  /** Whether the service says that it works. Never rejects. */
  readonly isUp: () => Promise<boolean>
  /** Calls in progress fail. */
  readonly close: () => void
}

export interface ConnectionOptions {
  /** Of the service that is called: for its breaker, and in traces. */
  readonly name: string
  readonly address: UpstreamAddress
  readonly key: ServiceKey
  readonly breakers: Pick<BreakerSet, 'create'>
  /** Null without traces. */
  readonly tracing?: Tracing | null
  readonly timeoutMs?: number
}

/** Long enough for a busy service, and short enough for a person who waits. */
const TIMEOUT_MS = 5000

/** How long a health check waits for that of the service. */
const CHECK_TIMEOUT_MS = 500

/** Connects with the first call. */
export function connectToService({
  name,
  address,
  key,
  breakers,
  tracing = null,
  timeoutMs = TIMEOUT_MS,
}: ConnectionOptions): ServiceConnection {
  const upstream = createUpstream(name, address)
  const breaker = breakers.create(breakerOptionsOf(upstream))
  const guarded: Upstream = withBreaker(upstream, breaker)
  const credential = serviceCredential(key)
  const never = new AbortController().signal

  function metadataOf(requestId: string | undefined): Metadata {
    const metadata = new Metadata()
    metadata.set(SERVICE_METADATA, credential)
    if (requestId !== undefined) metadata.set('x-request-id', requestId)
    const parent = tracing?.traceParent()
    if (parent != null) metadata.set('traceparent', parent)
    return metadata
  }

  function callOf(method: DescMethod) {
    const read = (bytes: Uint8Array): Message => fromBinary(method.output, bytes, { readUnknownFields: false })

    async function* messagesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Message, void, void> {
      try {
        for await (const bytes of stream) yield read(bytes)
      } catch (error) {
        throw serviceErrorOf(error)
      }
    }

    async function send(bytes: Uint8Array, { signal = never, requestId }: CallerOptions) {
      const options = { deadline: new Date(Date.now() + timeoutMs), signal }
      const metadata = metadataOf(requestId)
      if (method.methodKind === 'unary') return read((await guarded.call(method, bytes, metadata, options)).message)
      return messagesOf(await guarded.open(method, bytes, metadata, options))
    }

    return async (request: MessageInitShape<DescMessage>, options: CallerOptions = {}): Promise<unknown> => {
      const bytes = toBinary(method.input, create(method.input, request))
      const rpc = `${method.parent.typeName}/${method.name}`
      const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': rpc, 'postern.service': name }
      try {
        return await (tracing ? tracing.inCall(rpc, attributes, () => send(bytes, options)) : send(bytes, options))
      } catch (error) {
        throw serviceErrorOf(error)
      }
    }
  }

  return {
    rpcs: <S extends DescService>({ methods }: S) =>
      Object.fromEntries(methods.map((method) => [method.localName, callOf(method)])) as unknown as ServiceRpcs<S>,
    async isUp() {
      const options = { deadline: new Date(Date.now() + CHECK_TIMEOUT_MS), signal: never }
      const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema))
      const { check } = Health.method
      try {
        const { message } = await guarded.call(check, request, new Metadata(), options)
        return fromBinary(check.output, message).status === ServingStatus.SERVING
      } catch {
        return false
      }
    },
    close: () => upstream.close(),
  }
}
