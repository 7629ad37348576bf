// Serves the metrics on METRICS_PORT: of one process, or in the primary for its whole group.
import type { Logger } from '@postern/service/logger'
import { type MetricsListener, serveMetrics } from '@postern/service/metrics-listener'
import type { Config } from '../config/index.js'
import { createMetricsEndpoint, METRICS_PATHS } from './metrics-endpoint.js'

/** Null if there is no METRICS_PORT. Rejects with the system's error if it can't listen. */
export async function listenForMetrics(
  config: Pick<Config, 'HOST' | 'METRICS_PORT' | 'METRICS_TOKEN'>,
  text: () => Promise<string>,
  logger: Logger,
): Promise<MetricsListener | null> {
  const { HOST, METRICS_PORT, METRICS_TOKEN } = config
  if (METRICS_PORT === undefined) return null
  const endpoint = createMetricsEndpoint(text, METRICS_TOKEN)
  return serveMetrics({
    ...{ host: HOST, port: METRICS_PORT, logger },
    answer(path, authorization) {
      const known = METRICS_PATHS.find((served) => served === path)
      return known ? endpoint(known, authorization) : null
    },
  })
}
