// Registers all routes besides /graphql.
import type { FastifyInstance } from 'fastify'
import type { Inbox } from '@postern/delivery/mail/inbox'
import type { BreakerStatus } from '@postern/service/breakers'
import type { Clock } from '@postern/service/clock'
import type { Logger } from '@postern/service/logger'
import type { RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Config } from '../config/index.js'
import { type Health, isRequiredForService } from '../requests/health.js'
import type { Metrics } from '../platform/metrics.js'
import type { Services } from '../resolvers/index.js'
import { registerBreakerStatus } from './breaker-status.js'
import { registerDiscovery } from './discovery.js'
import { createErrorResponder } from './error-responses.js'
import { registerHealth } from './health.js'
import { registerJwks } from './jwks.js'
import { createMetricsEndpoint, registerMetrics } from './metrics-endpoint.js'
import { registerOAuth } from './oauth.js'
import { registerSignals } from './signals.js'
import { registerSsfConfiguration } from './ssf-configuration.js'
import type { Branding } from './static/branding.js'
import { registerInbox } from './static/inbox.js'
import { registerPages } from './static/pages.js'
import { registerPlayground } from './static/playground.js'

/** What the routes serve. */
export interface RouteParts {
  config: Config
  logger: Logger
  clock: Clock
  metrics: Metrics
  services: Services
  /** Public keys for validators (JWKs). Null if tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  health: () => Promise<Health>
  breakers: () => BreakerStatus[]
  /** The mails of development. */
  inbox: Inbox | null
}

interface ServerState {
  requestFacts: RequestFactsStore
  hooks: RequestHooks
  isStopping: () => boolean
}

/** Where the pages load the captcha from. */
const captchaOrigins = ({ CAPTCHA_SCRIPT_URL: script, CAPTCHA_ORIGINS: others }: Config): string[] =>
  script === undefined ? [] : [...new Set([new URL(script).origin, ...others])]

const brandingOf = (config: Config): Branding => ({
  name: config.APP_NAME,
  logoUrl: config.APP_LOGO_URL ?? null,
  accentColor: config.APP_ACCENT_COLOR ?? null,
  termsUrl: config.TERMS_URL ?? null,
  privacyUrl: config.PRIVACY_URL ?? null,
})

export function registerRoutes(
  http: FastifyInstance,
  { config, logger, clock, metrics, services, publishedKeys, health, breakers, inbox }: RouteParts,
  { requestFacts, hooks, isStopping }: ServerState,
): void {
  const published = { issuer: config.JWT_ISSUER, maxAge: config.JWKS_CACHE_TTL }
  if (publishedKeys) registerJwks(http, publishedKeys, published)
  registerDiscovery(http, publishedKeys !== null, published, createErrorResponder(requestFacts))
  registerSsfConfiguration(http, services.signals !== null, published, createErrorResponder(requestFacts))
  if (services.signals)
    registerSignals(http, { signals: services.signals, issuer: config.JWT_ISSUER, requestFacts, hooks, isStopping })
  if (services.oauth.providers.length > 0) registerOAuth(http, { services, config, requestFacts, hooks, logger, clock })
  if (config.PLAYGROUND) registerPlayground(http, { endpoint: '/graphql' })
  if (inbox) registerInbox(http, inbox)
  if (config.WEB)
    registerPages(http, {
      allowedOrigins: config.ALLOWED_ORIGINS,
      captchaOrigins: captchaOrigins(config),
      branding: brandingOf(config),
      hostOf: requestFacts.hostOf,
    })
  registerHealth(http, {
    ...{ check: async () => ({ ...(await health()) }), isRequired: isRequiredForService },
    ...{ breakers, config, isDraining: isStopping },
  })
  registerBreakerStatus(http, breakers, { services, requestFacts, hooks })
  const metricsEndpoint = createMetricsEndpoint(() => metrics.text(), config.METRICS_TOKEN)
  registerMetrics(http, config, metricsEndpoint)
}
