// The metrics of circuit breakers, by which operators see an outage.
import { BREAKER_EVENTS, type BreakerEvent, type BreakerState } from './breakers.js'
import type { MetricRegistry } from './metric-registry.js'
import { readableMetric } from './tallies.js'

const STATES: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 }

/** `count`: 1 without it. */
export type CountBreakerEvent = (name: string, event: BreakerEvent, count?: number) => void

/** Adds the states of the circuit breakers, which `names` may get later, and returns a counter of their events. */
export function watchBreakers(
  { add, counter }: Pick<MetricRegistry, 'add' | 'counter'>,
  names: readonly string[],
  stateOf: (name: string) => BreakerState,
): CountBreakerEvent {
  add(
    readableMetric(
      {
        name: 'circuit_breaker_state',
        help: 'State of a circuit breaker: 0 closed, 1 half-open (one probe is running), 2 open.',
        type: 'gauge',
        // Of several processes, the one that sees an outage matters.
        aggregator: 'max',
      },
      () => names.map((name) => ({ labels: { name }, value: STATES[stateOf(name)] })),
    ),
  )
  const counted = counter(
    'circuit_breaker_events_total',
    'What happened at a circuit breaker: it opened, closed or was probed, or work failed or was refused.',
    ['name', 'event'],
  )
  for (const name of names) for (const event of BREAKER_EVENTS) counted.labels(name, event).inc(0)
  return (name, event, count = 1) => counted.labels(name, event).inc(count)
}
