// Answers /metrics and /metrics/health, on the port of the API or on a port of their own.
import type { MetricsAnswer } from '@postern/service/metrics-listener'
import type { FastifyInstance } from 'fastify'
import { isOperatorToken } from '@postern/service/operator-token'
import type { Config } from '../config/index.js'
import { createMetricsSummary } from '../platform/metrics-summary.js'

export const METRICS_PATHS = ['/metrics', '/metrics/health'] as const

export type MetricsPath = (typeof METRICS_PATHS)[number]

export type MetricsEndpoint = (path: MetricsPath, authorization: string | undefined) => Promise<MetricsAnswer>

const json = (status: number, body: object, headers: Record<string, string> = {}): MetricsAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify(body),
})

const UNAUTHORIZED = json(
  401,
  { errors: [{ message: 'Send METRICS_TOKEN as a bearer token.', extensions: { code: 'UNAUTHENTICATED' } }] },
  { 'www-authenticate': 'Bearer' },
)

/** `text` returns the metrics in the format of Prometheus. With a `token`, callers must send it. */
export function createMetricsEndpoint(text: () => Promise<string>, token: string | undefined): MetricsEndpoint {
  // Every scrape is a reading for the summary, so with Prometheus in place it is about the last minute.
  const summary = createMetricsSummary()

  return async (path, authorization) => {
    if (token !== undefined && !isOperatorToken(authorization, token)) return UNAUTHORIZED
    const scraped = await text()
    const short = summary.read(scraped)
    if (path === '/metrics/health') return json(200, short)
    return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: scraped }
  }
}

/** Serves the metrics on the port of the API, unless they have a port of their own or would be open in production. */
export function registerMetrics(http: FastifyInstance, config: Config, endpoint: MetricsEndpoint): void {
  if (config.METRICS_PORT !== undefined) return
  if (config.METRICS_TOKEN === undefined && config.NODE_ENV === 'production') return
  for (const path of METRICS_PATHS) {
    http.get(path, async (request, reply) => {
      const { status, headers, body } = await endpoint(path, request.headers.authorization)
      return reply.code(status).headers(headers).send(body)
    })
  }
}
