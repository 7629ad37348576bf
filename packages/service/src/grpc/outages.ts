// Which errors mean that a service did not answer. An error that the service itself sent is an answer.
import { Metadata, status } from '@grpc/grpc-js'
import { ERROR_MESSAGES } from '@postern/contract/error-messages'
import { ERROR_DOMAIN } from '@postern/contract/error-statuses'
import { encodeErrorStatus } from '@postern/proto/error-status'
import { UpstreamError } from './upstream-error.js'

/** No response, or not in time. Every error of our services has details; those of gRPC itself have none. */
export const isOutage = (error: unknown): boolean =>
  error instanceof UpstreamError &&
  error.encodedStatus === null &&
  (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED)

export const isTimeout = (error: unknown): boolean =>
  error instanceof UpstreamError && error.encodedStatus === null && error.code === status.DEADLINE_EXCEEDED

/** What grpc-js says if it had no connection to send the call on. After "Connection dropped", the service may have acted on it. */
const UNSENT = /^(?:No connection established|Name resolution failed)/

/** True if nothing of the call was sent. */
export const isUnsent = (error: unknown): boolean =>
  isOutage(error) && error instanceof UpstreamError && error.code === status.UNAVAILABLE && UNSENT.test(error.text)

/** The error of a call that was not tried, in the form in which our services send theirs. `retryAfter`: in seconds. */
export function notTried(retryAfter: number): UpstreamError {
  const [code, message] = [status.UNAVAILABLE, ERROR_MESSAGES.SERVICE_UNAVAILABLE]
  const info = { reason: 'SERVICE_UNAVAILABLE', domain: ERROR_DOMAIN }
  const encoded = encodeErrorStatus({ code, message, info, fieldViolations: [], retryAfter })
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(encoded))
  return new UpstreamError({ code, details: message, metadata })
}
