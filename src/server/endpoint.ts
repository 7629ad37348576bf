import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { App } from '../app.js'
import { createContext } from '../context.js'
import type { Logger } from '../logger.js'
import { sessionCookies } from './cookies.js'
import { createGraphQLServer } from './graphql.js'
import type { RequestHooks } from './hooks.js'
import type { HotPath } from './hot-path.js'

/** Serves /graphql by Apollo Server, and lets the hot path learn from it. */
export async function registerGraphQL(
  http: FastifyInstance,
  { config, log, services }: App,
  { hooks, hotPath }: { hooks: RequestHooks; hotPath: HotPath | null },
) {
  const current = new AsyncLocalStorage<{ requestId: string; log: Logger }>()
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

  http.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    async handler(request, reply) {
      const facts = { requestId: request.id, method: request.method, route: '/graphql' }
      hooks.enter(facts)
      try {
        void reply.header('cache-control', 'no-store')
        const { requestId } = facts
        const body = await current.run({ requestId, log }, () => askApollo.call(http, request, reply))
        hotPath?.learnContentType(request, reply)
        return body
      } finally {
        hooks.leave(facts)
      }
    },
  })

  return apollo
}
