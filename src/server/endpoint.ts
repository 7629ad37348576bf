import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { App } from '../app.js'
import { createContext } from '../context.js'
import { AuthError } from '../errors.js'
import type { Logger } from '../logger.js'
import { sessionCookies } from './cookies.js'
import { createGraphQLServer } from './graphql.js'
import { createHotPath } from './hot-path.js'
import type { FlatHeaders } from './protective-headers.js'

/** Serves /graphql: by the hot path what it can answer, by Apollo Server everything else. */
export async function registerGraphQL(
  http: FastifyInstance,
  { config, log, metrics, services }: App,
  headersOf: (origin: string | undefined) => FlatHeaders,
) {
  const current = new AsyncLocalStorage<{ requestId: string; log: Logger }>()
  const hotPath = config.HOT_PATH ? createHotPath(headersOf) : null
  const apollo = await createGraphQLServer(services, config, {
    current: () => current.getStore() ?? { requestId: randomUUID(), log },
    onOperation: (operation) => hotPath?.learnOperation(operation),
  })
  const askApollo = fastifyApolloHandler(apollo, {
    context: (request, reply) =>
      Promise.resolve(
        createContext(services.sessions, {
          authorization: request.headers.authorization,
          cookies: sessionCookies(request, reply, config),
          ipAddress: request.ip,
          userAgent: request.headers['user-agent'],
        }),
      ),
  })

  let executing = 0
  http.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    async handler(request, reply) {
      if (executing >= config.MAX_CONCURRENT_REQUESTS) {
        void reply.header('retry-after', '1')
        throw new AuthError('SERVICE_UNAVAILABLE', { message: 'Too many requests at once. Try again in a moment.' })
      }
      executing += 1
      try {
        void reply.header('cache-control', 'no-store')
        const isAnswered = (await hotPath?.answer(request, reply)) ?? false
        metrics.countOperation(isAnswered ? 'hot' : 'apollo')
        if (isAnswered) return undefined
        const body = await current.run({ requestId: request.id, log }, () => askApollo.call(http, request, reply))
        hotPath?.learnContentType(request, reply)
        return body
      } finally {
        executing -= 1
      }
    },
  })

  return apollo
}
