import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import { fastify, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import type { App } from './app.js'
import { createContext } from './context.js'
import { AuthError } from './errors.js'
import type { Logger } from './logger.js'
import { registerPlayground } from './playground.js'
import { sessionCookies } from './server/cookies.js'
import { drain } from './server/drain.js'
import { createGraphQLServer } from './server/graphql.js'
import { registerJwks } from './server/jwks.js'

export interface Server {
  /** Where it listens, such as http://127.0.0.1:8080. */
  url: string
  /** Answers what has been accepted, then stops. Resolves when the last answer is out. */
  close(): Promise<void>
}

/** A request id that a proxy gave is kept when it is harmless in a log line. */
const requestIdFrom = (header: string | string[] | undefined): string =>
  typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID()

/** Listens and serves. Rejects with the system's error when the port is taken. */
export async function startServer(app: App): Promise<Server> {
  const { config, log } = app
  const current = new AsyncLocalStorage<{ requestId: string; log: Logger }>()
  const graphql = await createGraphQLServer(
    app.services,
    config,
    () => current.getStore() ?? { requestId: randomUUID(), log },
  )
  let draining = false

  const http = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    bodyLimit: 100 * 1024,
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    return503OnClosing: false,
    frameworkErrors: (_, request, reply: unknown) => {
      void (reply as FastifyReply).code(400).send(answer('BAD_REQUEST', 'The URL is not one.', request.id))
    },
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance

  http.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
    if (draining) void reply.header('connection', 'close')
    if (!URL.canParse(`http://${request.headers.host ?? ''}`)) {
      return reply.code(400).send(answer('BAD_REQUEST', 'The Host header is not one.', request.id))
    }
  })
  http.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const milliseconds = Math.round(reply.elapsedTime)
    app.metrics.requests.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000)
    // The path without its query: a GET carries variables there.
    log.info(
      { requestId: request.id, method: request.method, route, status: reply.statusCode, milliseconds },
      'request',
    )
    done()
  })
  answerErrors(http, log)

  await http.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"] } } })
  await http.register(cors, {
    delegator(request, callback) {
      const listed = config.ALLOWED_ORIGINS.includes(request.headers.origin ?? '')
      callback(null, { origin: [...config.ALLOWED_ORIGINS], credentials: listed, maxAge: 86_400 })
    },
  })
  if (app.publishedKeys) registerJwks(http, app.publishedKeys, config.JWKS_CACHE_TTL)
  if (config.PLAYGROUND) registerPlayground(http, { endpoint: '/graphql' })

  let executing = 0
  const handle = fastifyApolloHandler(graphql, {
    context: (request, reply) =>
      Promise.resolve(
        createContext(app.services.sessions, {
          authorization: request.headers.authorization,
          cookies: sessionCookies(request, reply, config),
          ipAddress: request.ip,
          userAgent: request.headers['user-agent'],
        }),
      ),
  })
  http.route({
    url: '/graphql',
    method: ['GET', 'POST', 'OPTIONS'],
    async handler(request, reply) {
      if (executing >= config.MAX_CONCURRENT_REQUESTS) {
        void reply.header('retry-after', '1')
        throw new AuthError('SERVICE_UNAVAILABLE', { message: 'Too many requests at once. Try again in a moment.' })
      }
      executing += 1
      try {
        void reply.header('cache-control', 'no-store')
        return await current.run({ requestId: request.id, log }, () => handle.call(http, request, reply))
      } finally {
        executing -= 1
      }
    },
  })

  http.get('/health/live', () => ({ status: 'ok' }))
  http.get('/health/ready', async (_, reply) => {
    const health = await app.health()
    return reply.code(health.mysql === 'up' && !draining ? 200 : 503).send(health)
  })
  http.get('/metrics', async (_, reply) =>
    reply.type(app.metrics.registry.contentType).send(await app.metrics.registry.metrics()),
  )

  const url = await http.listen({ host: config.HOST, port: config.PORT })

  return {
    url,
    async close() {
      draining = true
      await drain(http.server)
      await http.close()
      await graphql.stop()
    },
  }
}

/** The shape that GraphQL clients read. */
const answer = (code: string, message: string, requestId: string) => ({
  errors: [{ message, extensions: { code, requestId } }],
})

/** HTTP's own failures. */
function answerErrors(http: FastifyInstance, log: Logger): void {
  http.setErrorHandler(async (error, request, reply) => {
    if (error instanceof AuthError) return reply.code(503).send(answer(error.code, error.message, request.id))
    const { statusCode = 500, code } = error as { statusCode?: number; code?: string }
    if (statusCode === 413) return reply.code(413).send(answer('BAD_REQUEST', 'The body is over 100 KiB.', request.id))
    if (statusCode === 415)
      return reply.code(415).send(answer('BAD_REQUEST', 'Send the body as application/json.', request.id))
    if (statusCode < 500) return reply.code(400).send(answer('BAD_REQUEST', 'The body is not JSON.', request.id))
    log.error({ requestId: request.id, err: error, code }, 'unexpected error')
    const hidden = new AuthError('INTERNAL_SERVER_ERROR')
    return reply.code(500).send(answer(hidden.code, hidden.message, request.id))
  })
  http.setNotFoundHandler((request, reply) => {
    const wrongMethod = request.url.split('?')[0] === '/graphql'
    const message = wrongMethod ? 'Use GET or POST.' : 'There is nothing here; the API is at /graphql.'
    const [status, code] = wrongMethod ? [405, 'BAD_REQUEST'] : [404, 'NOT_FOUND']
    return reply.code(status).send(answer(code, message, request.id))
  })
}
