// A service as the gateway calls it: counted and traced, behind a circuit breaker, and with few repetitions.
import { type BreakerEvent, type BreakerStatus, createBreaker } from '@postern/service/breakers'
import type { Tracing } from '@postern/service/tracing/tracing'
import { notTried } from '@postern/service/grpc/outages'
import { breakerOptionsOf, withBreaker } from '@postern/service/grpc/upstream-breaker'
import { type ObserveCall, observed } from './observed.js'
import { type RetryEvent, withRetries } from './retries.js'
import { createRetryBudget } from './retry-budget.js'
import type { Upstream } from '@postern/service/grpc/upstream'

export interface GuardedUpstream extends Upstream {
  readonly breaker: () => BreakerStatus
}

interface Options {
  observeCall: ObserveCall
  onBreaker: (name: string, event: BreakerEvent) => void
  onRetry: (name: string, event: RetryEvent) => void
  tracing: Tracing | null
}

export function guarded(upstream: Upstream, { observeCall, onBreaker, onRetry, tracing }: Options): GuardedUpstream {
  const { name } = upstream
  const breaker = createBreaker({
    ...breakerOptionsOf(upstream),
    onEvent: (event) => onBreaker(name, event),
    refusal: notTried,
  })
  const tried = withBreaker(observed(upstream, observeCall, tracing), breaker)
  const budget = createRetryBudget()
  const { call, open } = withRetries(tried, { budget, onEvent: (event) => onRetry(name, event) })
  return {
    ...{ name, call, open },
    breaker: () => breaker.status(),
    close() {
      breaker.close()
      upstream.close()
    },
  }
}
