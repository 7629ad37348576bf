// A service by gRPC whose answers a test chooses.
import type { DescService } from '@bufbuild/protobuf'
import {
  type Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { grpcService } from '../../packages/proto/src/grpc-service.js'
import type { RpcName, RpcRequest, RpcResponseInit } from '../../packages/proto/src/rpc-types.js'

type StreamCall<S extends DescService, M extends RpcName<S>> = ServerWritableStream<
  RpcRequest<S, M>,
  RpcResponseInit<S, M>
>

/** What answers an RPC: of a stream, what gets the call. Others are UNIMPLEMENTED. */
export type AnswersOf<S extends DescService> = {
  [M in RpcName<S>]?: S['method'][M]['methodKind'] extends 'server_streaming'
    ? (call: StreamCall<S, M>) => void
    : (request: RpcRequest<S, M>, metadata: Metadata) => Promise<RpcResponseInit<S, M>> | RpcResponseInit<S, M>
}

type AnyAnswer = (request: unknown, metadata?: Metadata) => unknown

const NOT_HERE = { code: status.UNIMPLEMENTED, details: 'not in this test' }

export type AnsweringServer = Awaited<ReturnType<typeof startAnsweringServer>>

/** `port`: 0 is any free one. `answers` can be changed while it runs. */
export async function startAnsweringServer<S extends DescService>(service: S, answers: AnswersOf<S>, port = 0) {
  const server = new Server()
  const called: string[] = []

  function handlerOf(name: string, isStream: boolean) {
    const answer = () => (answers as Record<string, AnyAnswer | undefined>)[name]
    if (isStream)
      return (call: ServerWritableStream<unknown, unknown>) => {
        called.push(name)
        const stream = answer()
        if (stream) stream(call)
        else call.emit('error', NOT_HERE)
      }
    return (call: ServerUnaryCall<unknown, unknown>, respond: sendUnaryData<unknown>) => {
      called.push(name)
      const found = answer()
      if (!found) return respond(NOT_HERE)
      Promise.resolve()
        .then(() => found(call.request, call.metadata))
        .then(
          (response) => respond(null, response),
          (error: unknown) => respond(error as ServiceError),
        )
    }
  }

  server.addService(
    grpcService(service),
    Object.fromEntries(
      service.methods.map(({ localName, methodKind }) => [localName, handlerOf(localName, methodKind !== 'unary')]),
    ),
  )
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, taken) =>
      error ? reject(error) : resolve(taken),
    )
  })
  return {
    port: bound,
    target: `127.0.0.1:${bound}`,
    /** The RPCs that were called, in their order. */
    called,
    stop: () => server.forceShutdown(),
  }
}
