// Calls the gRPC server as another service does, and reads the details of errors.
import { fromBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { grpcStatusOf, type GrpcStatus } from '../../packages/contract/src/error-statuses.js'
import { AuthService } from '@postern/proto/auth'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@postern/proto/errors'
import { grpcClient } from '@postern/proto/grpc-client'
import { Health } from '@postern/proto/health'

export interface GrpcFailure {
  status: GrpcStatus
  message: string
  /** Of google.rpc.ErrorInfo. Undefined for a status that grpc-js has made. */
  code: string | undefined
  domain: string | undefined
  info: Record<string, string>
  fields: { path: string; message: string; code: string }[]
  retryAfter: number | undefined
  requestId: unknown
}

export type GrpcConnection = ReturnType<typeof connect>

export function connect(port: number, channel: ChannelCredentials = credentials.createInsecure(), host = '127.0.0.1') {
  const client = new Client(`${host}:${port}`, channel)
  return {
    client,
    auth: grpcClient(AuthService, client),
    health: grpcClient(Health, client),
    close: () => client.close(),
  }
}

export function metadata(values: Readonly<Record<string, string>>): Metadata {
  const made = new Metadata()
  for (const [key, value] of Object.entries(values)) made.set(key, value)
  return made
}

export const bearer = (token: string, more: Readonly<Record<string, string>> = {}) => ({
  metadata: metadata({ authorization: `Bearer ${token}`, ...more }),
})

export function readFailure(error: ServiceError): GrpcFailure {
  const [bytes] = error.metadata.get('grpc-status-details-bin')
  const details = Buffer.isBuffer(bytes) ? fromBinary(StatusSchema, bytes).details : []
  const find = (schema: Parameters<typeof anyUnpack>[1]) =>
    details.map((detail) => anyUnpack(detail, schema as never)).find((found) => found !== undefined) as
      Record<string, any> | undefined
  const info = find(ErrorInfoSchema)
  const seconds = find(RetryInfoSchema)?.['retryDelay']?.seconds as bigint | undefined
  const violations = (find(BadRequestSchema)?.['fieldViolations'] ?? []) as Record<string, string>[]
  return {
    status: grpcStatusOf(error.code),
    message: error.details,
    code: info?.['reason'] as string | undefined,
    domain: info?.['domain'] as string | undefined,
    info: (info?.['metadata'] ?? {}) as Record<string, string>,
    fields: violations.map(({ field = '', description = '', reason = '' }) => ({
      ...{ path: field, message: description, code: reason },
    })),
    retryAfter: seconds === undefined ? undefined : Number(seconds),
    requestId: error.metadata.get('x-request-id')[0],
  }
}

/** How a call has failed. Throws if it has not. */
export const failureOf = (call: Promise<unknown>): Promise<GrpcFailure> =>
  call.then(
    () => Promise.reject(new Error('The call succeeded')),
    (error: unknown) => readFailure(error as ServiceError),
  )
