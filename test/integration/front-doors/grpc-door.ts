// The scenarios through gRPC.
import { fromBinary, fromJson, toJson, type JsonValue } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { ERROR_STATUSES, GRPC_CODES, jsonPath } from '@postern/contract/error-statuses'
import { AuthService } from '@postern/proto/auth'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@postern/proto/errors'
import { grpcClient } from '@postern/proto/grpc-client'
import { expect } from 'vitest'
import { ADDRESS, USER_AGENT, type Door, type Input, type Refusal } from './door.js'
import { maskOf } from './field-mask.js'

type Details = ReturnType<typeof detailsOf>

export function grpcDoor(address: string): Door {
  const connection = new Client(address, credentials.createInsecure(), { 'grpc.primary_user_agent': USER_AGENT })
  const client = grpcClient(AuthService, connection) as unknown as Record<
    string,
    (request: object, options: object) => Promise<any>
  >

  return {
    name: 'gRPC',
    close: () => connection.close(),
    async call(name, input, token) {
      const metadata = new Metadata()
      metadata.set('x-forwarded-for', ADDRESS)
      if (token) metadata.set('authorization', `Bearer ${token}`)
      let requestId = ''
      const onHeaders = (headers: Metadata) => (requestId = String(headers.get('x-request-id')[0] ?? ''))
      try {
        const { input: schema, output } = AuthService.method[name]
        const json = name === 'updateUserProfile' ? updateOf(input) : input
        const request = fromJson(schema, json as JsonValue)
        const response = await client[name]!(request, { metadata, onHeaders })
        const data = toJson(output, response, { alwaysEmitImplicit: true })
        return { data: data as Record<string, unknown>, refusal: null, requestId }
      } catch (error) {
        const { metadata: trailers, ...failure } = error as ServiceError
        requestId ||= String(trailers.get('x-request-id')[0] ?? '')
        return { data: null, refusal: refusalOf(failure, detailsOf(trailers)), requestId }
      }
    },
  }
}

/** `changes` with null for what is cleared, as a message with a mask. */
function updateOf(changes: Input): Input {
  const { set, paths } = maskOf(changes)
  return { ...set, updateMask: paths.join(',') }
}

function detailsOf(trailers: Metadata) {
  const [encoded] = trailers.get('grpc-status-details-bin')
  const { details } = Buffer.isBuffer(encoded) ? fromBinary(StatusSchema, encoded) : { details: [] }
  const first = <T>(unpack: (any: (typeof details)[number]) => T | undefined) =>
    details.map(unpack).find((found) => found !== undefined)
  return {
    info: first((any) => anyUnpack(any, ErrorInfoSchema)),
    badRequest: first((any) => anyUnpack(any, BadRequestSchema)),
    retry: first((any) => anyUnpack(any, RetryInfoSchema)),
  }
}

function refusalOf(
  { code: status, details: message }: Pick<ServiceError, 'code' | 'details'>,
  found: Details,
): Refusal {
  const { info, badRequest, retry } = found
  if (!info) throw new Error(`The service sent no ErrorInfo with status ${status}: ${message}`)
  const { reason: code, domain, metadata } = info
  expect([domain, status]).toEqual(['postern', GRPC_CODES[ERROR_STATUSES[code as keyof typeof ERROR_STATUSES].grpc]])
  const { reason, ...details } = metadata
  const seconds = retry?.retryDelay?.seconds
  return {
    ...{ code, message, reason, details },
    fields: (badRequest?.fieldViolations ?? []).map(({ field, description, reason: why }) => ({
      path: jsonPath(field),
      message: description,
      code: why as Refusal['fields'][number]['code'],
    })),
    retryAfter: seconds === undefined ? undefined : Number(seconds),
  }
}
