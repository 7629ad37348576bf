// Answers /metrics: only for operators, if they have a token.
import type { MetricsAnswer } from './metrics-listener.js'
import { isOperatorToken } from './operator-token.js'

const TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }

const UNAUTHORIZED: MetricsAnswer = {
  status: 401,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'www-authenticate': 'Bearer', 'cache-control': 'no-store' },
  body: 'Send METRICS_TOKEN as a bearer token.\n',
}

/** `text` returns the metrics in the format of Prometheus. With a `token`, callers must send it. */
export const createMetricsAnswer =
  (text: () => Promise<string>, token: string | undefined) =>
  async (authorization: string | undefined): Promise<MetricsAnswer> => {
    if (token !== undefined && !isOperatorToken(authorization, token)) return UNAUTHORIZED
    return { status: 200, headers: TEXT, body: await text() }
  }
