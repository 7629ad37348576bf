// The details of an error for clients of gRPC-Web: what a service sends, or the same for an error of the gateway.
import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { ERROR_DOMAIN, protoPath } from '@postern/contract/error-statuses'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@postern/proto/errors'
import type { FailureParts } from '../http/failure.js'

export function statusOf({ encodedStatus, grpc, message, code, fields, retryAfter }: FailureParts): Uint8Array {
  if (encodedStatus) return encodedStatus
  const fieldViolations = (fields ?? []).map(({ path, message: description, code: reason }) => ({
    field: protoPath(path),
    description,
    reason,
  }))
  const details = [
    anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: code, domain: ERROR_DOMAIN })),
    ...(fieldViolations.length > 0 ? [anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations }))] : []),
    ...(retryAfter === undefined
      ? []
      : [anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds: BigInt(retryAfter) } }))]),
  ]
  return toBinary(StatusSchema, create(StatusSchema, { code: grpc, message, details }))
}
