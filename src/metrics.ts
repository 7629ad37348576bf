import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  registry: Registry
  /** Seconds from the last byte of the request to the last of the answer. */
  requests: Histogram<'route' | 'status'>
}

/** What /metrics shows. `backlog` counts the revocations that Redis has not got yet. */
export function createMetrics(backlog: () => Promise<number>): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'postern_http_request_duration_seconds',
    help: 'Time to answer an HTTP request.',
    labelNames: ['route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
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
  return { registry, requests }
}
