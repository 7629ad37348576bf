// The metrics of HTTP requests and of their GraphQL operations.
import type { MetricRegistry } from '@postern/service/metric-registry'
import { createHistogramTallies, readableMetric, type Tally } from '@postern/service/tallies'
import { createOperationMetrics } from './operation-metrics.js'

const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface RequestMetrics {
  /** `seconds` from the head of the request to the last byte of the response. */
  observeRequest(route: string, status: number, seconds: number): void
  countOperation(path: 'hot' | 'apollo'): void
  /** A request to /graphql: its distinct root fields in the schema's names, and the code of its first error. */
  observeOperation(operation: string, seconds: number, code: string | undefined): void
  /** `operation` is a root field of the schema or `none`, never a name from the client. */
  countError(operation: string, code: string): void
}

export function createRequestMetrics({ add, counter }: MetricRegistry): RequestMetrics {
  const requests = createHistogramTallies(
    { name: 'postern_http_request_duration_seconds', help: 'Time to answer an HTTP request.' },
    BUCKETS,
  )
  add(requests.metric)
  const byRoute = new Map<string, Map<number, Tally>>()
  const operations = createOperationMetrics()
  operations.metrics.forEach(add)
  const paths = { hot: 0, apollo: 0 }
  add(
    readableMetric(
      {
        name: 'postern_graphql_requests_total',
        help: 'Requests to /graphql, by the path that answered them: the plan of a known document (hot) or Apollo Server.',
        type: 'counter',
      },
      () => Object.entries(paths).map(([path, value]) => ({ labels: { path }, value })),
    ),
  )
  const failures = counter(
    'postern_graphql_errors_total',
    'Errors in responses of /graphql, by root field (none: the request failed before an operation) and code.',
    ['operation', 'code'],
  )

  function tallyOf(route: string, status: number): Tally {
    // A string of both would be made, and hashed, for each request.
    let byStatus = byRoute.get(route)
    if (!byStatus) byRoute.set(route, (byStatus = new Map<number, Tally>()))
    let tally = byStatus.get(status)
    if (!tally) byStatus.set(status, (tally = requests.child({ route, status })))
    return tally
  }

  return {
    observeRequest: (route, status, seconds) => requests.observe(tallyOf(route, status), seconds),
    countOperation(path) {
      paths[path] += 1
    },
    observeOperation: (operation, seconds, code) => operations.observe(operation, seconds, code),
    countError: (operation, code) => failures.labels(operation, code).inc(),
  }
}
