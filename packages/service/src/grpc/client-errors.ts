// What the failed call to another service is for the caller of this one.
import { status } from '@grpc/grpc-js'
import { ERROR_MESSAGES } from '@postern/contract/error-messages'
import { ERROR_DOMAIN, jsonPath } from '@postern/contract/error-statuses'
import { type ErrorCode, type FieldProblem, ServiceError } from '../errors.js'
import { UpstreamError } from './upstream-error.js'

/** Until another attempt can succeed, in seconds, if the service has not said it. */
const RETRY_AFTER = 1

/** No answer, or none in time. */
const OUTAGES: readonly status[] = [status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED]

/** This service is what was refused. Its caller has done nothing wrong, and must not be signed out. FORBIDDEN is about its caller. */
const OWN_FAULTS: readonly string[] = ['UNAUTHENTICATED', 'BAD_REQUEST', 'INTERNAL_SERVER_ERROR']

const isCode = (reason: string): reason is ErrorCode => Object.hasOwn(ERROR_MESSAGES, reason)

/** Other errors, such as the refusal of a circuit breaker, stay as they are. */
export function serviceErrorOf(error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error
  const { details, code, text } = error
  const reason = details.info?.domain === ERROR_DOMAIN ? details.info.reason : ''
  if (!isCode(reason) || OWN_FAULTS.includes(reason))
    return OUTAGES.includes(code)
      ? new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: RETRY_AFTER, cause: error })
      : new ServiceError('INTERNAL_SERVER_ERROR', { cause: error })
  const retryAfter = details.retryAfter ?? (reason === 'SERVICE_UNAVAILABLE' ? RETRY_AFTER : undefined)
  const fields = details.fields.map(({ field, description, reason: why }): FieldProblem => ({
    path: jsonPath(field),
    message: description,
    code: isCode(why) ? why : 'INVALID_INPUT',
  }))
  return new ServiceError(reason, {
    message: text,
    ...(fields.length > 0 && { fields }),
    ...(retryAfter !== undefined && { retryAfter }),
  })
}
