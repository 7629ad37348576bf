// The messages and errors of gRPC, in the form in which the scenarios have them.
import { create, fromBinary, fromJson, toJson, type JsonValue, type Message } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { ERROR_STATUSES, GRPC_CODES, jsonPath } from '@postern/contract/error-statuses'
import { AuthService } from '@postern/proto/auth'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@postern/proto/errors'
import { expect } from 'vitest'
import type { Input, OperationName, Refusal } from './door.js'
import { maskOf } from './field-mask.js'

export function requestOf(name: OperationName, input: Input): Message {
  return fromJson(AuthService.method[name].input, (name === 'updateUserProfile' ? updateOf(input) : input) as JsonValue)
}

/** A change of the profile, with null for what is cleared, as a message with a mask. */
function updateOf(changes: Input): Input {
  const { set, paths } = maskOf(changes)
  return { ...set, updateMask: paths.join(',') }
}

export const dataOf = (name: OperationName, response: Message): Record<string, unknown> =>
  toJson(AuthService.method[name].output, response as never, { alwaysEmitImplicit: true }) as Record<string, unknown>

export interface CallStatus {
  code: number
  message: string
  /** The encoded google.rpc.Status. */
  encoded: Uint8Array | undefined
}

export function refusalOf({ code: status, message, encoded }: CallStatus): Refusal {
  const { details } = encoded ? fromBinary(StatusSchema, encoded) : create(StatusSchema)
  const first = <T>(unpack: (any: (typeof details)[number]) => T | undefined) =>
    details.map(unpack).find((found) => found !== undefined)
  const info = first((any) => anyUnpack(any, ErrorInfoSchema))
  const violations = first((any) => anyUnpack(any, BadRequestSchema))?.fieldViolations ?? []
  const seconds = first((any) => anyUnpack(any, RetryInfoSchema))?.retryDelay?.seconds
  if (!info) throw new Error(`There is no ErrorInfo with status ${status}: ${message}`)
  const { reason: code, domain, metadata } = info
  expect([domain, status]).toEqual(['postern', GRPC_CODES[ERROR_STATUSES[code as keyof typeof ERROR_STATUSES].grpc]])
  const { reason, ...others } = metadata
  return {
    ...{ code, message, reason, details: others },
    fields: violations.map(({ field, description, reason: why }) => ({
      path: jsonPath(field),
      message: description,
      code: why as Refusal['fields'][number]['code'],
    })),
    retryAfter: seconds === undefined ? undefined : Number(seconds),
  }
}
