// What the gateway answers when a call to a service has failed.
import { status } from '@grpc/grpc-js'
import { ERROR_DOMAIN, jsonPath } from '@postern/contract/error-statuses'
import { Failure, type FailureParts, MESSAGES, unexpected } from '../http/failure.js'
import { challengeOf, type Credentials } from '../http/challenges.js'
import { httpStatusOf } from './http-status.js'
import { MAX_RESPONSE_BYTES } from '@postern/service/grpc/upstream'
import type { UpstreamError } from '@postern/service/grpc/upstream-error'

const INVALID = ['BAD_REQUEST', 'The request is not valid.'] as const
const CONFLICT = ['CONFLICT', 'The request contradicts what is stored, or another request.'] as const

/** What clients read if the service has said nothing that is meant for them. */
const GENERIC = new Map<status, readonly [code: string, message: string, http?: number]>([
  [status.UNAVAILABLE, ['SERVICE_UNAVAILABLE', MESSAGES.SERVICE_UNAVAILABLE]],
  [status.DEADLINE_EXCEEDED, ['TIMEOUT', 'The service took too long. It may have done what the request says.']],
  // A limit of Postern says what it is. gRPC says this of a stream that its client does not read.
  [status.RESOURCE_EXHAUSTED, ['RATE_LIMITED', 'Too many requests. Try again later.']],
  [status.UNAUTHENTICATED, ['UNAUTHENTICATED', MESSAGES.UNAUTHENTICATED]],
  [status.PERMISSION_DENIED, ['FORBIDDEN', MESSAGES.FORBIDDEN]],
  [status.NOT_FOUND, ['NOT_FOUND', 'Not found.']],
  [status.INVALID_ARGUMENT, INVALID],
  [status.FAILED_PRECONDITION, INVALID],
  [status.OUT_OF_RANGE, INVALID],
  [status.ALREADY_EXISTS, CONFLICT],
  [status.ABORTED, CONFLICT],
  [status.UNIMPLEMENTED, ['NOT_IMPLEMENTED', 'This version of the service does not have this operation.']],
  [status.CANCELLED, ['CANCELLED', 'The request was canceled.']],
])

const TOO_LARGE = ['BAD_REQUEST', 'The request is too large.', 413] as const

/** What grpc-js says of a message above a limit, on the side that receives it. */
const ABOVE_LIMIT = /^Received message (?:larger than max \(\d+ vs |that decompresses to a size larger than )(\d+)/

const UNEXPECTED = ['INTERNAL_SERVER_ERROR', MESSAGES.INTERNAL_SERVER_ERROR] as const

/** The metadata of errors is text. These members are something else. */
const NUMBERS = new Set(['maxAge'])
const LISTS = new Set(['methods'])

/** `credentials`: of the request. */
export function failureOf(error: UpstreamError, credentials: Credentials): Failure {
  const { details } = error
  const { info } = details
  if (info?.domain !== ERROR_DOMAIN) {
    const limit = error.code === status.RESOURCE_EXHAUSTED ? ABOVE_LIMIT.exec(error.text)?.[1] : undefined
    // No body of a request is as large as a response may be.
    if (limit === String(MAX_RESPONSE_BYTES)) return unexpected(error)
    const [code, message, http = httpStatusOf(code, error.code)] =
      limit === undefined ? (GENERIC.get(error.code) ?? UNEXPECTED) : TOO_LARGE
    const headers = challengeOf(http, { code, message, metadata: {} }, credentials)
    return new Failure({ status: http, grpc: error.code, code, message, headers }, { cause: error })
  }
  const { reason: code, metadata } = info
  const { retryAfter } = details
  const http = httpStatusOf(code, error.code)
  const parts: FailureParts = {
    status: http,
    grpc: error.code,
    code,
    message: error.text,
    fields: details.fields.map(({ field, description, reason }) => ({
      path: jsonPath(field),
      message: description,
      code: (reason || 'INVALID_INPUT') as 'INVALID_INPUT',
    })),
    ...(retryAfter !== null && { retryAfter }),
    more: membersOf(metadata),
    headers: challengeOf(http, { code, message: error.text, metadata }, credentials),
    encodedStatus: error.encodedStatus,
  }
  return new Failure(parts, { cause: error })
}

const membersOf = (metadata: Readonly<Record<string, string>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      name,
      NUMBERS.has(name) ? Number(value) : LISTS.has(name) ? value.split(' ') : value,
    ]),
  )
