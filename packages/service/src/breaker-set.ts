// The circuit breakers of a service, with their metrics and their states.
import type { CountBreakerEvent } from './breaker-metrics.js'
import {
  type Breaker,
  BREAKER_EVENTS,
  type BreakerOptions,
  type BreakerState,
  type BreakerStatus,
  createBreaker,
} from './breakers.js'
import { unavailable } from './errors.js'

export interface BreakerSet {
  /** Creates one, whose refusals are SERVICE_UNAVAILABLE. */
  create(options: Omit<BreakerOptions, 'onEvent' | 'refusal'>): Breaker
  statuses(): BreakerStatus[]
  /** Ends the probes. */
  close(): void
}

/** `watch` adds them to the metrics, also those that are created later. */
export function createBreakerSet(
  watch: (names: readonly string[], stateOf: (name: string) => BreakerState) => CountBreakerEvent,
): BreakerSet {
  const created = new Map<string, Breaker>()
  const names: string[] = []
  const count = watch(names, (name) => created.get(name)?.status().state ?? 'closed')

  return {
    create(options) {
      const { name } = options
      const onEvent: BreakerOptions['onEvent'] = (event) => count(name, event)
      const breaker = createBreaker({ ...options, onEvent, refusal: unavailable })
      created.set(name, breaker)
      names.push(name)
      // Prometheus can compute a rate only if it has seen 0.
      for (const event of BREAKER_EVENTS) count(name, event, 0)
      return breaker
    },
    statuses: () => [...created.values()].map((breaker) => breaker.status()),
    close: () => created.forEach((breaker) => breaker.close()),
  }
}
