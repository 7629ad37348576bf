// Serves /graphql with Apollo Server, and makes the operations that it executes known.
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'
import type { Logger } from '@postern/service/logger'
import { networkOf } from '@postern/service/networks'
import type { RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../../config/index.js'
import type { Services } from '../../resolvers/index.js'
import type { ListSize } from '../../schema/list-sizes.js'
import { createHostRule } from '../host-rule.js'
import type { KnownDocuments } from '../known-documents/known-documents.js'
import { createGraphQLServer } from './apollo-server.js'
import { createCurrentRequest } from './current-request.js'
import { createFormatError } from './format-error.js'
import { admitGet } from './get-requests.js'
import type { RequestContexts } from './request-context.js'
import type { Turns } from './turns.js'

export async function registerGraphQL(
  http: FastifyInstance,
  {
    config,
    logger,
    services,
    tracing,
  }: { config: Config; logger: Logger; services: Services; tracing: Tracing | null },
  {
    requestFacts,
    hooks,
    turns,
    contextOf,
    lists,
    known,
  }: {
    requestFacts: RequestFactsStore
    hooks: RequestHooks
    turns: Turns
    contextOf: RequestContexts
    lists: ReadonlyMap<string, ListSize>
    known: KnownDocuments | null
  },
) {
  const storage = createCurrentRequest()
  const current = () => storage.getStore()
  const { apollo, schema } = await createGraphQLServer(services, config, {
    current,
    hooks,
    tracing,
    lists,
    detail: { types: config.INTROSPECTION },
    onValidOperation: (valid) => known?.add(valid),
    formatError: createFormatError(current, { logger, hideSchema: !config.INTROSPECTION }),
  })
  const handleOperation = fastifyApolloHandler(apollo, {
    context() {
      const request = current()
      return request ? Promise.resolve(request.context) : Promise.reject(new Error('No request is current.'))
    },
  })

  http.route({
    url: '/graphql',
    method: ['GET', 'POST'],
    onRequest: createHostRule(requestFacts),
    async handler(request, reply) {
      const facts = requestFacts.of(request.raw)
      const begun = known?.handoverOf(request.raw)
      const { context, cookies } = begun?.own ?? contextOf(request.raw, reply.raw, facts)
      context.recorded = begun?.outcomes ?? null
      try {
        void reply.header('cache-control', 'no-store')
        admitGet(request.raw, config.ALLOWED_ORIGINS)
        const network = networkOf(facts.address)
        // What has begun must not be refused any more, and its errors are logged even if the client has disconnected.
        if (context.recorded !== null) await turns.takeForBegun(network)
        else {
          await turns.take(network, () => reply.raw.destroyed)
          if (reply.raw.destroyed) return await reply.hijack()
        }
        const run = { facts, context, rootFields: null }
        const handle = () => storage.run(run, () => handleOperation.call(http, request, reply))
        const body = await (facts.trace ? facts.trace.run(handle) : handle())
        known?.addContentType(request, reply)
        return body
      } finally {
        if (cookies.values.length > 0) void reply.header('set-cookie', [...cookies.values])
        hooks.after(facts)
      }
    },
  })

  return { apollo, schema }
}
