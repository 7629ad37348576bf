import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  /** `seconds` from the head of the request to the last byte of the answer. */
  observeRequest(route: string, status: number, seconds: number): void
  countOperation(path: 'hot' | 'apollo'): void
  /** Seconds that a password took once its turn had come. */
  hashes: Histogram
}

interface Gauged {
  /** Revocations that Redis has not got yet. */
  backlog: () => Promise<number>
  /** Passwords that wait to be hashed. */
  hashesWaiting: () => number
}

/** What /metrics shows. */
export function createMetrics({ backlog, hashesWaiting }: Gauged): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'postern_http_request_duration_seconds',
    help: 'Time to answer an HTTP request.',
    labelNames: ['route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const operations = new Counter({
    name: 'postern_graphql_requests_total',
    help: 'Requests to /graphql, by who answered them: the hot path or Apollo Server.',
    labelNames: ['path'],
    registers: [registry],
  })
  new Gauge({
    name: 'postern_revocation_backlog',
    help: 'Committed revocations that have not reached Redis yet; NaN while MySQL is away.',
    registers: [registry],
    async collect() {
      this.set(await backlog().catch(() => Number.NaN))
    },
  })
  const hashes = new Histogram({
    name: 'postern_password_hash_duration_seconds',
    help: 'Time to hash or verify one password, without waiting for its turn.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  new Gauge({
    name: 'postern_password_hashes_waiting',
    help: 'Passwords that wait for their turn to be hashed.',
    registers: [registry],
    collect() {
      this.set(hashesWaiting())
    },
  })
  const paths = { hot: operations.labels('hot'), apollo: operations.labels('apollo') }
  // Looking a child up by its labels costs more than counting in it.
  const children = new Map<string, ReturnType<typeof requests.labels>>()
  return {
    registry,
    hashes,
    observeRequest(route, status, seconds) {
      const name = `${route} ${status}`
      let child = children.get(name)
      if (!child) children.set(name, (child = requests.labels(route, String(status))))
      child.observe(seconds)
    },
    countOperation: (path) => paths[path].inc(),
  }
}
