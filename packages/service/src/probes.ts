// The port of a service that is no API: metrics, and the probes of orchestrators.
import { ConfigError } from './config-error.js'
import { listenProblem, type Listening } from './listening.js'
import type { Logger } from './logger.js'
import { createMetricsAnswer } from './metrics-answer.js'
import { type MetricsAnswer, type MetricsListener, serveMetrics } from './metrics-listener.js'
import { maySeeDetails } from './operator-access.js'
import { type CheckReadiness, isReady } from './requests/readiness.js'

interface Options {
  readonly config: { readonly METRICS_TOKEN?: string | undefined; readonly NODE_ENV: string }
  readonly logger: Logger
  readonly readiness: CheckReadiness
  /** The metrics in the format of Prometheus. */
  readonly text: () => Promise<string>
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

const json = (status: number, body: object): MetricsAnswer => ({
  ...{ status, headers: JSON_HEADERS, body: JSON.stringify(body) },
})

/**
 * Serves /metrics, /livez (the process responds) and /readyz (it should get calls). Null if the port is `off`. Rejects with a
 * ConfigError if it can't listen.
 */
export async function serveProbes(at: Listening, options: Options): Promise<MetricsListener | null> {
  const { config, logger, readiness, text } = options
  if (at.port === 'off') return null

  async function ready(authorization: string | undefined): Promise<MetricsAnswer> {
    const { status, components } = await readiness()
    const states = Object.entries(components).map(([name, { state }]) => [name, state])
    const details = maySeeDetails(authorization, config) && (Object.fromEntries(states) as Record<string, string>)
    return json(isReady(status) ? 200 : 503, { status, ...details })
  }

  const answers = new Map<string, (authorization: string | undefined) => Promise<MetricsAnswer>>([
    ['/metrics', createMetricsAnswer(text, config.METRICS_TOKEN)],
    ['/livez', () => Promise.resolve(json(200, { status: 'ok' }))],
    ['/readyz', ready],
  ])
  return serveMetrics({
    ...{ host: at.host, port: at.port, logger },
    answer: (path, authorization) => answers.get(path)?.(authorization) ?? null,
  }).catch((error: unknown) => {
    throw new ConfigError(listenProblem(at, error))
  })
}
