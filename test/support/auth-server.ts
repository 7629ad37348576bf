// An AuthService by gRPC whose answers a test chooses.
import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import {
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { AuthService } from '../../packages/proto/src/auth.js'
import { ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '../../packages/proto/src/errors.js'
import { grpcService } from '../../packages/proto/src/grpc-service.js'
import type { RpcName, RpcRequest, RpcResponseInit } from '../../packages/proto/src/rpc-types.js'

type Rpc = RpcName<typeof AuthService>

/** What answers an RPC. Others are UNIMPLEMENTED. */
export type Answers = {
  [M in Rpc]?: (
    request: RpcRequest<typeof AuthService, M>,
    metadata: Metadata,
  ) => Promise<RpcResponseInit<typeof AuthService, M>> | RpcResponseInit<typeof AuthService, M>
}

/** A failed call, as Postern sends it. */
export function refusal(code: status, reason: string, retryAfter?: number): Error & Partial<ServiceError> {
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: 'postern' }))]
  if (retryAfter !== undefined) {
    const retryDelay = { seconds: BigInt(retryAfter), nanos: 0 }
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })))
  }
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, details }))))
  return Object.assign(new Error('refused'), { code, details: 'For people.', metadata })
}

type AnyAnswer = (request: unknown, metadata: Metadata) => unknown

/** `port`: 0 is any free one. `answers` can be changed while it runs. */
export async function startAuthServer(answers: Answers, port = 0) {
  const server = new Server()
  const called: string[] = []
  server.addService(
    grpcService(AuthService),
    Object.fromEntries(
      Object.keys(AuthService.method).map((name) => [
        name,
        (call: ServerUnaryCall<unknown, unknown>, respond: sendUnaryData<unknown>) => {
          called.push(name)
          const answer = answers[name as Rpc] as AnyAnswer | undefined
          if (!answer) return respond({ code: status.UNIMPLEMENTED, details: 'not in this test' })
          Promise.resolve()
            .then(() => answer(call.request, call.metadata))
            .then(
              (response) => respond(null, response),
              (error: unknown) => respond(error as ServiceError),
            )
        },
      ]),
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
