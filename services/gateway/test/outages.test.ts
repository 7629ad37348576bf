import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { expect, it } from 'vitest'
import { asUnavailable } from '@postern/service/grpc/broken-connection'
import { isOutage, isUnsent, notTried } from '@postern/service/grpc/outages'
import { UpstreamError } from '@postern/service/grpc/upstream-error'

const reported = (code: status, details: string, hasGivenUp = false) =>
  new UpstreamError(asUnavailable({ code, details, metadata: new Metadata() } as ServiceError, hasGivenUp))

it.each([
  [status.UNAVAILABLE, 'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1', true, true],
  [status.UNAVAILABLE, 'Name resolution failed for target dns:///auth:50051', true, true],
  [status.UNAVAILABLE, 'Connection dropped', true, false],
  [status.UNAVAILABLE, 'read ECONNRESET', true, false],
  [status.INTERNAL, 'Received RST_STREAM with code 2 (Internal server error)', true, false],
  [status.CANCELLED, 'Call cancelled', true, false],
  [status.DEADLINE_EXCEEDED, 'Deadline exceeded after 10.001s', true, false],
  [status.CANCELLED, 'the service has cancelled it', false, false],
  [status.INTERNAL, 'a fault of the service', false, false],
  [status.NOT_FOUND, 'Not found.', false, false],
])('%i with %j is an outage: %s, and was not sent: %s', (code, details, outage, unsent) => {
  const error = reported(code, details)
  expect([isOutage(error), isUnsent(error)]).toEqual([outage, unsent])
})

it('a call that the gateway has given up is no outage', () => {
  expect(isOutage(reported(status.CANCELLED, 'Call cancelled', true))).toBe(false)
})

it('the error of a service that says when to try again is an answer', () => {
  const error = notTried(3)
  expect([isOutage(error), error.code, error.details.info?.reason]).toEqual([false, 14, 'SERVICE_UNAVAILABLE'])
  expect(error.details.retryAfter).toBe(3)
})
