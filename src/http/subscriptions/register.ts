// Registers both transports of subscriptions: WebSockets at /graphql, and server-sent events at /graphql/stream.
import type { FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { Logger } from '@postern/service/logger'
import type { RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../../config/index.js'
import type { Metrics } from '../../platform/metrics.js'
import type { Services } from '../../resolvers/index.js'
import type { ListSize } from '../../schema/list-sizes.js'
import type { RequestContexts } from '../graphql/request-context.js'
import type { Turns } from '../graphql/turns.js'
import { createConnections } from './connections.js'
import { createOperations } from './operations.js'
import { registerServerSentEvents } from './server-sent-events.js'
import { acceptWebSockets } from './websocket.js'
import { createSocketContexts } from './websocket-context.js'

interface Parts {
  config: Config
  logger: Logger
  metrics: Metrics
  services: Services
  clock: Clock
  schema: GraphQLSchema
  lists: ReadonlyMap<string, ListSize>
  hooks: RequestHooks
  turns: Turns
  requestFacts: RequestFactsStore
  contextOf: RequestContexts
}

/** Returns a function that ends all subscriptions. */
export function registerSubscriptions(http: FastifyInstance, parts: Parts): () => void {
  const { config, logger, metrics, services, clock, requestFacts, contextOf } = parts
  const connections = createConnections({ config, subscriptions: services.subscriptions, metrics, logger })
  const operations = createOperations(parts)
  registerServerSentEvents(http, { connections, operations, requestFacts, contextOf })
  const stopPings = acceptWebSockets(http.server, {
    ...{ config, connections, operations, requestFacts },
    contextOf: createSocketContexts(services, { config, clock }),
  })
  return () => {
    connections.stop()
    stopPings()
  }
}
