// A typed client of a generated service, over a client of @grpc/grpc-js.
import type { DescMessage, DescMethod, DescService, MessageInitShape } from '@bufbuild/protobuf'
import { type Client, type ClientReadableStream, type Deadline, Metadata } from '@grpc/grpc-js'
import { grpcMethod } from './grpc-service.js'
import type { RpcName, RpcRequestInit, RpcResponse } from './rpc-types.js'

/** Options of one call. */
export interface RpcOptions {
  readonly metadata?: Metadata
  /** When the call fails with DEADLINE_EXCEEDED: a time, or Unix milliseconds. By default never. */
  readonly deadline?: Deadline
  /** Cancels the call. */
  readonly signal?: AbortSignal
  /** Called with the metadata at the start of the response. */
  readonly onHeaders?: (headers: Metadata) => void
}

/** The unary and the server-streaming RPCs of a service. A failed call is a `ServiceError` of @grpc/grpc-js. */
export type GrpcClient<S extends DescService> = {
  readonly [M in RpcName<S>]: (
    request: RpcRequestInit<S, M>,
    options?: RpcOptions,
  ) => S['method'][M]['methodKind'] extends 'server_streaming'
    ? ClientReadableStream<RpcResponse<S, M>>
    : Promise<RpcResponse<S, M>>
}

interface Call {
  cancel(): void
  on(event: 'metadata', listener: (headers: Metadata) => void): unknown
  once(event: 'status', listener: () => void): unknown
}

function follow(call: Call, { signal, onHeaders }: RpcOptions): void {
  if (onHeaders) call.on('metadata', onHeaders)
  if (!signal) return
  const cancel = () => call.cancel()
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel)
  // The signal may outlive many calls.
  call.once('status', () => signal.removeEventListener('abort', cancel))
}

const callOptions = ({ deadline }: RpcOptions) => (deadline === undefined ? {} : { deadline })

function unary(client: Client, method: DescMethod) {
  const { path, requestSerialize, responseDeserialize } = grpcMethod(method)
  return (request: MessageInitShape<DescMessage>, options: RpcOptions = {}) =>
    new Promise((resolve, reject) => {
      const { metadata = new Metadata() } = options
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        callOptions(options),
        (error, response) => (error ? reject(error) : resolve(response)),
      )
      follow(call, options)
    })
}

function serverStreaming(client: Client, method: DescMethod) {
  const { path, requestSerialize, responseDeserialize } = grpcMethod(method)
  return (request: MessageInitShape<DescMessage>, options: RpcOptions = {}) => {
    const { metadata = new Metadata() } = options
    const call = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      callOptions(options),
    )
    follow(call, options)
    return call
  }
}

/** A client of the service over the connection of `client`, which can serve several services. */
export function grpcClient<S extends DescService>(service: S, client: Client): GrpcClient<S> {
  const rpcs = service.methods.map((method) => {
    if (method.methodKind === 'unary') return [method.localName, unary(client, method)]
    if (method.methodKind === 'server_streaming') return [method.localName, serverStreaming(client, method)]
    throw new TypeError(`${method.name} streams requests, which grpcClient does not support`)
  })
  return Object.fromEntries(rpcs) as GrpcClient<S>
}
