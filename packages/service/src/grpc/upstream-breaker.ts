// Calls to a service through its circuit breaker: while the service does not answer, calls are refused at once.
import { create, toBinary } from '@bufbuild/protobuf'
import { Metadata } from '@grpc/grpc-js'
import type { Breaker, BreakerOptions } from '../breakers.js'
import { Health, HealthCheckRequestSchema } from '@postern/proto/health'
import { isOutage, isTimeout } from './outages.js'
import { UpstreamError } from './upstream-error.js'
import type { Upstream } from './upstream.js'

/** Consecutive timeouts that open it. One can be the fault of a request, such as a wait for a locked row. */
const TIMEOUTS_TO_OPEN = 3

const PROBE_TIMEOUT_MS = 1500

/** A client must not be able to open the breaker by deadlines that no service can keep. */
const isHasty = (error: unknown): boolean =>
  error instanceof UpstreamError && error.isClientsDeadline && isTimeout(error)

/** For `createBreaker`. What it is to refuse calls with, and who hears of its events, is left to the caller. */
export const breakerOptionsOf = (upstream: Upstream): Omit<BreakerOptions, 'onEvent' | 'refusal'> => ({
  name: upstream.name,
  isFailure: (error) => isOutage(error) && !isHasty(error),
  isTimeout,
  timeoutsToOpen: TIMEOUTS_TO_OPEN,
  probe: () => probe(upstream),
})

export const withBreaker = (upstream: Upstream, breaker: Breaker): Upstream => ({
  ...upstream,
  call: (...args) => breaker.run(() => upstream.call(...args)),
  open: (...args) => breaker.run(() => upstream.open(...args)),
})

/** Any answer will do, even one that says that the service is not ready: it comes from the service. */
function probe(upstream: Upstream): Promise<unknown> {
  const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema))
  const deadline = new Date(Date.now() + PROBE_TIMEOUT_MS)
  return upstream.call(Health.method.check, request, new Metadata(), { deadline, signal: new AbortController().signal })
}
