// Serves the metrics on GATEWAY_METRICS_PORT, apart from what clients can reach.
import type { Logger } from '@postern/service/logger'
import { type MetricsAnswer, type MetricsListener, serveMetrics } from '@postern/service/metrics-listener'
import { isOperatorToken } from '@postern/service/operator-token'
import type { Config } from '../config/index.js'

const TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }

const UNAUTHORIZED: MetricsAnswer = {
  status: 401,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'www-authenticate': 'Bearer', 'cache-control': 'no-store' },
  body: 'Send METRICS_TOKEN as a bearer token.\n',
}

/** Null if the port is `off`. Rejects with the system's error if it can't listen. */
export function listenForMetrics(
  { GATEWAY_HOST: host, GATEWAY_METRICS_PORT: port, METRICS_TOKEN: token }: Config,
  text: () => Promise<string>,
  logger: Logger,
): Promise<MetricsListener> | null {
  if (port === 'off') return null

  async function read(authorization: string | undefined): Promise<MetricsAnswer> {
    if (token !== undefined && !isOperatorToken(authorization, token)) return UNAUTHORIZED
    return { status: 200, headers: TEXT, body: await text() }
  }
  return serveMetrics({
    ...{ host, port, logger },
    answer: (path, authorization) => (path === '/metrics' ? read(authorization) : null),
  })
}
