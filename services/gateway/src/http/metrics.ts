// Serves the metrics on GATEWAY_METRICS_PORT, apart from what clients can reach.
import type { Logger } from '@postern/service/logger'
import { createMetricsAnswer } from '@postern/service/metrics-answer'
import { type MetricsListener, serveMetrics } from '@postern/service/metrics-listener'
import type { Config } from '../config/index.js'

/** Null if the port is `off`. Rejects with the system's error if it can't listen. */
export function listenForMetrics(
  { GATEWAY_HOST: host, GATEWAY_METRICS_PORT: port, METRICS_TOKEN: token }: Config,
  text: () => Promise<string>,
  logger: Logger,
): Promise<MetricsListener> | null {
  if (port === 'off') return null

  const read = createMetricsAnswer(text, token)
  return serveMetrics({
    ...{ host, port, logger },
    answer: (path, authorization) => (path === '/metrics' ? read(authorization) : null),
  })
}
