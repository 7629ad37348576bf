// Turns an error into the status of a call, with details of google.rpc. docs/errors.md has the table.
import { Metadata, status as codes, type StatusObject } from '@grpc/grpc-js'
import { ERROR_DOMAIN, ERROR_STATUSES, protoPath } from '@postern/contract/error-statuses'
import { encodeErrorStatus } from '@postern/proto/error-status'
import type { ServiceError, FieldProblem } from '../errors.js'

/** What a client gets to know of an error: all of it is meant for them. */
export type Failure = Partial<Pick<ServiceError, 'reason' | 'fields' | 'retryAfter' | 'details'>> & {
  readonly code: keyof typeof ERROR_STATUSES
  readonly message: string
}

export const UNREADABLE: Failure = {
  code: 'BAD_REQUEST',
  message: 'The message of the call is not valid in Protocol Buffers.',
}

/** Lists are separated by spaces. */
const asText = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value))

const violationOf = ({ path, message, code }: FieldProblem) => ({
  field: protoPath(path),
  description: message,
  reason: code,
})

function infoOf({ code, reason, details = {} }: Failure) {
  const metadata = Object.entries({ ...details, ...(reason && { reason }) }).map(([key, value]) => [key, asText(value)])
  return { reason: code, domain: ERROR_DOMAIN, metadata: Object.fromEntries(metadata) as Record<string, string> }
}

/** The metadata of every response. */
export function responseMetadata(requestId: string): Metadata {
  const metadata = new Metadata()
  metadata.set('x-request-id', requestId)
  return metadata
}

export function statusOf(failure: Failure, requestId: string): Partial<StatusObject> {
  const { code: name, message, fields = [], retryAfter, details } = failure
  const code = codes[ERROR_STATUSES[name].grpc]
  const info = infoOf(failure)
  const status = encodeErrorStatus({ code, message, info, fieldViolations: fields.map(violationOf), retryAfter })
  const metadata = responseMetadata(requestId)
  metadata.set('grpc-status-details-bin', Buffer.from(status))
  // As over HTTP, so that clients need not unpack the details.
  if (typeof details?.['nonce'] === 'string') metadata.set('dpop-nonce', details['nonce'])
  return { code, details: message, metadata }
}
