// Builds the HTTP server and listens. The list of hooks is the pipeline of every request.
import cors from '@fastify/cors'
import type { Config } from '../config/index.js'
import type { BreakerStatus } from '../platform/breakers.js'
import type { Clock } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics } from '../platform/metrics.js'
import type { Tracing } from '../platform/tracing/tracing.js'
import type { Services } from '../resolvers/index.js'
import { registerBreakerStatus } from './breaker-status.js'
import { registerPages } from './static/pages.js'
import { registerPlayground } from './static/playground.js'
import { registerDiscovery } from './discovery.js'
import { drain } from './drain.js'
import { createErrorResponder } from './error-responses.js'
import { createFastPath } from './fast-path/fast-path.js'
import { createHttp } from './fastify.js'
import { registerGraphQL } from './graphql/endpoint.js'
import { type Health, registerHealth } from './health.js'
import { registerJwks } from './jwks.js'
import { createMetricsEndpoint, registerMetrics } from './metrics-endpoint.js'
import { createRequestFacts } from './request-facts.js'
import {
  combineHooks,
  limitAddresses,
  limitConcurrency,
  logRequests,
  measureRequests,
  traceRequests,
} from './request-hooks.js'
import { createSecurityHeaders } from './security-headers.js'

export interface ServerParts {
  config: Config
  logger: Logger
  metrics: Metrics
  services: Services
  /** Public keys for validators (JWKs). Null if tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  health: () => Promise<Health>
  breakers: () => BreakerStatus[]
  clock: Clock
  /** Null without traces. */
  tracing: Tracing | null
}

export interface Server {
  /** Where it listens, such as http://127.0.0.1:8080. */
  url: string
  /** The service is no longer ready from now on, so that balancers send nothing more. It still answers every request. */
  retire: () => void
  /** Finishes the accepted requests, then stops. Resolves after the last response. */
  close: () => Promise<void>
}

/** Where the pages load the captcha from. */
const captchaOrigins = ({ CAPTCHA_SCRIPT_URL: script, CAPTCHA_ORIGINS: others }: Config): string[] =>
  script === undefined ? [] : [...new Set([new URL(script).origin, ...others])]

/** Rejects with the system's error if it can't listen, for example because the port is in use. */
export async function startServer(parts: ServerParts): Promise<Server> {
  const { config, logger, metrics, services, publishedKeys, health, breakers, clock, tracing } = parts
  const securityHeaders = createSecurityHeaders(config.ALLOWED_ORIGINS, { https: config.NODE_ENV === 'production' })
  let [stopping, draining] = [false, false]

  /** Called at the time of the response: connections of requests that arrived before the drain must close as well. */
  const headersOf = (origin: string | undefined) =>
    draining ? [...securityHeaders(origin), 'connection', 'close'] : securityHeaders(origin)

  const { addresses } = services.limits
  const hooks = combineHooks([
    ...(tracing ? [traceRequests] : []),
    ...(addresses ? [limitAddresses(addresses)] : []),
    limitConcurrency(config.MAX_CONCURRENT_REQUESTS),
    measureRequests(metrics),
    logRequests(logger),
  ])
  const requestFacts = createRequestFacts(config.TRUST_PROXY, config.PROXY_HEADERS, tracing)
  const fastPath = config.HOT_PATH ? createFastPath({ requestFacts, hooks, headersOf }) : null
  const http = createHttp(logger, {
    ...{ requestFacts, hooks, fastPath, headersOf },
    connectionLimits: {
      maxConnections: config.MAX_CONNECTIONS,
      responseTimeoutMs: config.RESPONSE_TIMEOUT * 1000,
    },
  })
  const apollo = await registerGraphQL(
    http,
    { config, logger, services, clock, tracing },
    { requestFacts, hooks, fastPath },
  )
  // In a scope of its own, where it only answers preflight requests.
  await http.register(async (scope) => {
    await scope.register(cors, {
      delegator(request, callback) {
        const listed = config.ALLOWED_ORIGINS.includes(request.headers.origin ?? '')
        const origin = [...config.ALLOWED_ORIGINS]
        // An OPTIONS request without Origin is no preflight but, for example, HAProxy's default health check.
        callback(null, { origin, credentials: listed, maxAge: 86_400, strictPreflight: false })
      },
    })
  })
  const published = { issuer: config.JWT_ISSUER, maxAge: config.JWKS_CACHE_TTL }
  if (publishedKeys) registerJwks(http, publishedKeys, published)
  registerDiscovery(http, publishedKeys !== null, published, createErrorResponder(requestFacts))
  if (config.PLAYGROUND) registerPlayground(http, { endpoint: '/graphql' })
  if (config.WEB)
    registerPages(http, {
      allowedOrigins: config.ALLOWED_ORIGINS,
      captchaOrigins: captchaOrigins(config),
      hostOf: requestFacts.hostOf,
    })

  registerHealth(http, { check: health, breakers, config, isDraining: () => stopping })
  registerBreakerStatus(http, breakers, { services, requestFacts, hooks })
  registerMetrics(
    http,
    config,
    createMetricsEndpoint(() => metrics.text(), config.METRICS_TOKEN),
  )

  const url = await http.listen({ host: config.HOST, port: config.PORT })

  return {
    url,
    retire() {
      stopping = true
    },
    async close() {
      stopping = true
      await drain(http.server, () => {
        draining = true
      })
      await http.close()
      await apollo.stop()
    },
  }
}
