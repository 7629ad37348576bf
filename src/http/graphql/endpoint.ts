import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.js'
import { createContext } from '../../resolvers/context.js'
import type { Services } from '../../resolvers/index.js'
import type { Logger } from '../../platform/logger.js'
import { sessionCookies } from '../cookies.js'
import { createGraphQLServer } from './apollo-server.js'
import type { RequestHooks } from '../request-hooks.js'
import type { HotPath } from '../fast-path/fast-path.js'

/** Serves /graphql by Apollo Server, and lets the hot path learn from it. */
export async function registerGraphQL(
  http: FastifyInstance,
  { config, logger, services }: { config: Config; logger: Logger; services: Services },
  { hooks, hotPath }: { hooks: RequestHooks; hotPath: HotPath | null },
) {
  const current = new AsyncLocalStorage<{ requestId: string; logger: Logger }>()
  const apollo = await createGraphQLServer(services, config, {
    current: () => current.getStore() ?? { requestId: randomUUID(), logger },
    onOperation: (operation) => hotPath?.learnOperation(operation),
  })
  const askApollo = fastifyApolloHandler(apollo, {
    context: (request, reply) =>
      Promise.resolve(
        createContext(services.sessions.sessions, {
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
        const body = await current.run({ requestId, logger }, () => askApollo.call(http, request, reply))
        hotPath?.learnContentType(request, reply)
        return body
      } finally {
        hooks.leave(facts)
      }
    },
  })

  return apollo
}
