// Which errors mean that a service did not answer. An error that the service itself sent is an answer.
import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { Metadata, status } from '@grpc/grpc-js'
import { ErrorInfoSchema, RetryInfoSchema, StatusSchema } from '@postern/proto/errors'
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

const MESSAGE = 'The service is unavailable right now. Try again in a moment.'

/** The error of a call that was not tried, in the form in which our services send theirs. `retryAfter`: in seconds. */
export function notTried(retryAfter: number): UpstreamError {
  const info = create(ErrorInfoSchema, { reason: 'SERVICE_UNAVAILABLE', domain: 'postern' })
  const retry = create(RetryInfoSchema, { retryDelay: { seconds: BigInt(retryAfter), nanos: 0 } })
  const details = [anyPack(ErrorInfoSchema, info), anyPack(RetryInfoSchema, retry)]
  const encoded = toBinary(StatusSchema, create(StatusSchema, { code: status.UNAVAILABLE, message: MESSAGE, details }))
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(encoded))
  return new UpstreamError({ code: status.UNAVAILABLE, details: MESSAGE, metadata })
}
