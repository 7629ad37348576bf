// Serves /graphql with Apollo Server, and adds the operations it executes to the fast path.
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.js'
import { createContext } from '../../resolvers/context.js'
import type { Services } from '../../resolvers/index.js'
import type { Clock } from '../../platform/clock.js'
import type { Logger } from '../../platform/logger.js'
import { networkOf } from '../../platform/networks.js'
import type { Tracing } from '../../platform/tracing/tracing.js'
import { sessionCookies } from '../cookies.js'
import type { FastPath } from '../fast-path/fast-path.js'
import { createHostRule } from '../host-rule.js'
import type { RequestFactsStore } from '../request-facts.js'
import type { RequestHooks } from '../request-hooks.js'
import { abortOnDisconnect } from '../disconnects.js'
import { createGraphQLServer } from './apollo-server.js'
import { createCurrentRequest } from './current-request.js'
import { createFormatError } from './format-error.js'
import { admitGet } from './get-requests.js'
import { createTurns } from './turns.js'

/** A document that is made to be expensive holds the thread for 1 to 3 ms. */
const OPERATIONS_PER_TURN = 1

export async function registerGraphQL(
  http: FastifyInstance,
  {
    config,
    logger,
    services,
    clock,
    tracing,
  }: { config: Config; logger: Logger; services: Services; clock: Clock; tracing: Tracing | null },
  {
    requestFacts,
    hooks,
    fastPath,
  }: { requestFacts: RequestFactsStore; hooks: RequestHooks; fastPath: FastPath | null },
) {
  const storage = createCurrentRequest()
  const current = () => storage.getStore()
  const turn = createTurns({ perTurn: OPERATIONS_PER_TURN, limit: config.MAX_CONCURRENT_REQUESTS })
  const apollo = await createGraphQLServer(services, config, {
    current,
    hooks,
    tracing,
    detail: { types: config.INTROSPECTION },
    onValidOperation: (operation) => fastPath?.addOperation(operation),
    formatError: createFormatError(current, { logger, hideSchema: !config.INTROSPECTION }),
  })
  const handleOperation = fastifyApolloHandler(apollo, {
    context(request, reply) {
      const facts = requestFacts.of(request.raw)
      const context = createContext(services.sessions.sessions, {
        authorization: request.headers.authorization,
        cookies: sessionCookies(request, reply, { host: facts.host, config, clock }),
        ipAddress: facts.address,
        userAgent: request.headers['user-agent'],
        requestId: facts.requestId,
        createSignal: () => abortOnDisconnect(reply.raw),
        isQuery: () => facts.operationType === 'query',
        onUser: (userId) => {
          facts.userId = userId
        },
      })
      return Promise.resolve(context)
    },
  })

  http.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    onRequest: createHostRule(requestFacts),
    async handler(request, reply) {
      const facts = requestFacts.of(request.raw)
      try {
        void reply.header('cache-control', 'no-store')
        admitGet(request.raw, config.ALLOWED_ORIGINS)
        await turn(networkOf(facts.address), () => reply.raw.destroyed)
        if (reply.raw.destroyed) return await reply.hijack()
        const handle = () => storage.run({ facts, rootFields: null }, () => handleOperation.call(http, request, reply))
        const body = await (facts.trace ? facts.trace.run(handle) : handle())
        fastPath?.addContentType(request, reply)
        return body
      } finally {
        hooks.after(facts)
      }
    },
  })

  return apollo
}
