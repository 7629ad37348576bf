// Builds the HTTP server, route by route, and listens.
import cors from '@fastify/cors'
import type { Config } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics } from '../platform/metrics.js'
import type { Services } from '../resolvers/index.js'
import { registerPages } from './static/pages.js'
import { registerPlayground } from './static/playground.js'
import { drain } from './drain.js'
import { registerGraphQL } from './graphql/endpoint.js'
import { combineHooks, limitConcurrency, logRequests, measureRequests } from './request-hooks.js'
import { createHotPath } from './fast-path/fast-path.js'
import { createHttp } from './fastify.js'
import { registerJwks } from './jwks.js'
import { createProtectiveHeaders } from './security-headers.js'

/** What the server needs of the service. */
export interface ServerParts {
  config: Config
  logger: Logger
  metrics: Metrics
  services: Services
  /** Public keys for validators (JWKs). Null if tokens are not signed with key pairs. */
  publishedKeys: (() => object[]) | null
  health: () => Promise<{ mysql: 'up' | 'down'; redis: 'up' | 'down' }>
}

export interface Server {
  /** Where it listens, such as http://127.0.0.1:8080. */
  url: string
  /** Answers what has been accepted, then stops. Resolves when the last answer is out. */
  close: () => Promise<void>
}

/** Listens and serves. Rejects with the system's error when the port is taken. */
export async function startServer(parts: ServerParts): Promise<Server> {
  const { config, logger, metrics, services, publishedKeys, health } = parts
  const protectiveHeaders = createProtectiveHeaders(config.ALLOWED_ORIGINS)
  let [stopping, draining] = [false, false]

  /** For the moment of the answer: what was asked before the drain must not keep its connection either. */
  const headersOf = (origin: string | undefined) =>
    draining ? [...protectiveHeaders(origin), 'connection', 'close'] : protectiveHeaders(origin)

  const hooks = combineHooks([
    limitConcurrency(config.MAX_CONCURRENT_REQUESTS),
    measureRequests(metrics),
    logRequests(logger),
  ])
  const hotPath = config.HOT_PATH ? createHotPath({ hooks, headersOf }) : null
  const http = createHttp({ config, logger }, { hooks, hotPath, headersOf })
  const apollo = await registerGraphQL(http, { config, logger, services }, { hooks, hotPath })
  // In a scope of its own: it answers preflights, and is in the way of nothing else.
  await http.register(async (scope) => {
    await scope.register(cors, {
      delegator(request, callback) {
        const listed = config.ALLOWED_ORIGINS.includes(request.headers.origin ?? '')
        callback(null, { origin: [...config.ALLOWED_ORIGINS], credentials: listed, maxAge: 86_400 })
      },
    })
  })
  if (publishedKeys) registerJwks(http, publishedKeys, config.JWKS_CACHE_TTL)
  if (config.PLAYGROUND) registerPlayground(http, { endpoint: '/graphql' })
  if (config.WEB) registerPages(http, { allowedOrigins: config.ALLOWED_ORIGINS })

  http.get('/health/live', () => ({ status: 'ok' }))
  http.get('/health/ready', async (_, reply) => {
    const state = await health()
    return reply.code(state.mysql === 'up' && !stopping ? 200 : 503).send(state)
  })
  http.get('/metrics', async (_, reply) => reply.type(metrics.registry.contentType).send(await metrics.text()))

  const url = await http.listen({ host: config.HOST, port: config.PORT })

  return {
    url,
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
