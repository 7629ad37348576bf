import cors from '@fastify/cors'
import type { App } from './app.js'
import { registerPages } from './pages.js'
import { registerPlayground } from './playground.js'
import { drain } from './server/drain.js'
import { registerGraphQL } from './server/endpoint.js'
import { combineHooks, limitConcurrency, logRequests, measureRequests } from './server/hooks.js'
import { createHotPath } from './server/hot-path.js'
import { createHttp } from './server/http.js'
import { registerJwks } from './server/jwks.js'
import { createProtectiveHeaders } from './server/protective-headers.js'

export interface Server {
  /** Where it listens, such as http://127.0.0.1:8080. */
  url: string
  /** Answers what has been accepted, then stops. Resolves when the last answer is out. */
  close(): Promise<void>
}

/** Listens and serves. Rejects with the system's error when the port is taken. */
export async function startServer(app: App): Promise<Server> {
  const { config, log, metrics } = app
  const protectiveHeaders = createProtectiveHeaders(config.ALLOWED_ORIGINS)
  let [stopping, draining] = [false, false]

  /** For the moment of the answer: what was asked before the drain must not keep its connection either. */
  const headersOf = (origin: string | undefined) =>
    draining ? [...protectiveHeaders(origin), 'connection', 'close'] : protectiveHeaders(origin)

  const hooks = combineHooks([
    limitConcurrency(config.MAX_CONCURRENT_REQUESTS),
    measureRequests(metrics),
    logRequests(log),
  ])
  const hotPath = config.HOT_PATH ? createHotPath({ hooks, headersOf }) : null
  const http = createHttp(app, { hooks, hotPath, headersOf })
  const apollo = await registerGraphQL(http, app, { hooks, hotPath })
  // In a scope of its own: it answers preflights, and is in the way of nothing else.
  await http.register(async (scope) => {
    await scope.register(cors, {
      delegator(request, callback) {
        const listed = config.ALLOWED_ORIGINS.includes(request.headers.origin ?? '')
        callback(null, { origin: [...config.ALLOWED_ORIGINS], credentials: listed, maxAge: 86_400 })
      },
    })
  })
  if (app.publishedKeys) registerJwks(http, app.publishedKeys, config.JWKS_CACHE_TTL)
  if (config.PLAYGROUND) registerPlayground(http, { endpoint: '/graphql' })
  if (config.WEB) registerPages(http, { allowedOrigins: config.ALLOWED_ORIGINS })

  http.get('/health/live', () => ({ status: 'ok' }))
  http.get('/health/ready', async (_, reply) => {
    const health = await app.health()
    return reply.code(health.mysql === 'up' && !stopping ? 200 : 503).send(health)
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
