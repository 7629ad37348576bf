// Requests to /graphql by operation: how many, how many failed, how long they took.
import {
  createHistogramTallies,
  readableMetric,
  type ReadableMetric,
  totalOf,
  type Tally,
} from '@postern/service/tallies'

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Clients can combine root fields in many ways. One label for all combinations bounds the number of children. */
const SEVERAL = 'several'

/** The codes of errors that are the service's fault. */
const FAULTS = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE']

export function createOperationMetrics() {
  const durations = createHistogramTallies(
    {
      name: 'api_request_duration_seconds',
      help: 'Time to answer a request to /graphql, by root field (several: more than one field, none: no operation was found).',
    },
    BUCKETS,
  )
  const byOperation = new Map<string, Tally>()
  const failures = new Map<string, { labels: { operation: string; code: string }; value: number }>()

  function failuresOf(operation: string, code: string) {
    const key = `${operation} ${code}`
    let known = failures.get(key)
    if (!known) failures.set(key, (known = { labels: { operation, code }, value: 0 }))
    return known
  }

  const labelOf = (operation: string) => (operation.includes(',') ? SEVERAL : operation)

  const metrics: ReadableMetric[] = [
    durations.metric,
    readableMetric({ name: 'api_requests_total', help: 'Requests to /graphql, by root field.', type: 'counter' }, () =>
      durations.tallies.map((tally) => ({ labels: tally.labels, value: totalOf(tally) })),
    ),
    readableMetric(
      {
        name: 'api_errors_total',
        help: 'Requests to /graphql whose response contains an error, by root field and the code of the first error.',
        type: 'counter',
      },
      () => [...failures.values()],
    ),
  ]

  return {
    metrics,

    /** `operation`: the distinct root fields in the schema's names. `code`: of the first error, if there is one. */
    observe(operation: string, seconds: number, code: string | undefined): void {
      const label = labelOf(operation)
      let tally = byOperation.get(label)
      if (!tally) {
        byOperation.set(label, (tally = durations.child({ operation: label })))
        // Prometheus can compute a rate only if it has seen 0. Alerts watch these codes.
        for (const fault of FAULTS) failuresOf(label, fault)
      }
      durations.observe(tally, seconds)
      if (code !== undefined) failuresOf(label, code).value += 1
    },
  }
}
