// The metrics of gRPC calls.
import type { GrpcStatus } from '@postern/contract/error-statuses'
import type { MetricRegistry } from '../metric-registry.js'
import { createHistogramTallies, readableMetric, type Tally } from '../tallies.js'

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface CallMetrics {
  /** `route`: /service/method, of a method that exists. `seconds` from the message of the request to the response. */
  observeCall(route: string, status: GrpcStatus, seconds: number): void
}

interface Method {
  labels: { service: string; method: string }
  duration: Tally
  statuses: Map<GrpcStatus, number>
}

export function createCallMetrics({ add }: MetricRegistry): CallMetrics {
  const durations = createHistogramTallies(
    { name: 'grpc_request_duration_seconds', help: 'Time to answer a gRPC call, by service and method.' },
    BUCKETS,
  )
  add(durations.metric)
  const methods = new Map<string, Method>()
  const help = 'gRPC calls, by service, method and the name of their status.'
  add(
    readableMetric({ name: 'grpc_requests_total', help, type: 'counter' }, () =>
      [...methods.values()].flatMap(({ labels, statuses }) =>
        [...statuses].map(([status, value]) => ({ labels: { ...labels, status }, value })),
      ),
    ),
  )

  function methodOf(route: string): Method {
    const known = methods.get(route)
    if (known) return known
    const [, service = '', method = ''] = route.split('/')
    const labels = { service, method }
    // Prometheus can compute a rate only if it has seen 0. Alerts watch these statuses.
    const statuses = new Map<GrpcStatus, number>([
      ['OK', 0],
      ['INTERNAL', 0],
      ['UNAVAILABLE', 0],
    ])
    const added = { labels, duration: durations.child(labels), statuses }
    methods.set(route, added)
    return added
  }

  return {
    observeCall(route, status, seconds) {
      const { duration, statuses } = methodOf(route)
      durations.observe(duration, seconds)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    },
  }
}
