// The details of an error for clients of gRPC-Web: what a service sends, or the same for an error of the gateway.
import { ERROR_DOMAIN, protoPath } from '@postern/contract/error-statuses'
import { encodeErrorStatus } from '@postern/proto/error-status'
import type { FailureParts } from '../http/failure.js'

export function statusOf({ encodedStatus, grpc, message, code, fields = [], retryAfter }: FailureParts): Uint8Array {
  if (encodedStatus) return encodedStatus
  return encodeErrorStatus({
    ...{ code: grpc, message, retryAfter },
    info: { reason: code, domain: ERROR_DOMAIN },
    fieldViolations: fields.map(({ path, message: description, code: reason }) => ({
      field: protoPath(path),
      ...{ description, reason },
    })),
  })
}
