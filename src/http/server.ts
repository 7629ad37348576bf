// Builds the HTTP server and listens.
import { createRequestFacts } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Tracing } from '@postern/service/tracing/tracing'
import { drain } from '@postern/service/drain'
import { declaredListSizes } from '../schema/list-sizes.js'
import { readSchema } from '../schema/sdl.js'
import { createHttp } from './fastify.js'
import { registerGraphQL } from './graphql/endpoint.js'
import { createRequestContexts } from './graphql/request-context.js'
import { createTurns } from './graphql/turns.js'
import { createKnownDocuments } from './known-documents/known-documents.js'
import { createPipelining } from './pipelining.js'
import { registerPreflights } from './preflights.js'
import { registerRoutes, type RouteParts } from './routes.js'
import { createSecurityHeaders } from './security-headers.js'
import { registerSubscriptions } from './subscriptions/register.js'

/** A document that is made to be expensive holds the thread for 1 to 3 ms. */
const OPERATIONS_PER_TURN = 1

export interface ServerParts extends RouteParts {
  /** Of both doors. */
  hooks: RequestHooks
  /** Null without traces. */
  tracing: Tracing | null
  /** Called when everything is loaded and built. */
  beforeListening?: () => void
}

export interface Server {
  /** Where it listens, such as http://127.0.0.1:8080. */
  url: string
  /** The service is no longer ready from now on, so that balancers send nothing more. It still answers every request. */
  retire: () => void
  /** Finishes the accepted requests, then stops. Resolves after the last response. */
  close: () => Promise<void>
}

/** Rejects with the system's error if it can't listen, for example because the port is in use. */
export async function startServer(parts: ServerParts): Promise<Server> {
  const { config, logger, services, hooks, clock, tracing } = parts
  const securityHeaders = createSecurityHeaders(config.ALLOWED_ORIGINS, { https: config.NODE_ENV === 'production' })
  let [stopping, draining] = [false, false]

  /** Called at the time of the response: connections of requests that arrived before the drain must close as well. */
  const headersOf = (origin: string | undefined) =>
    draining ? [...securityHeaders(origin), 'connection', 'close'] : securityHeaders(origin)

  const requestFacts = createRequestFacts(config.TRUST_PROXY, config.PROXY_HEADERS, tracing)
  const pipelining = createPipelining()
  const turns = createTurns({ perTurn: OPERATIONS_PER_TURN, limit: config.MAX_CONCURRENT_REQUESTS })
  const contextOf = createRequestContexts(services, { config, clock })
  const lists = declaredListSizes(readSchema())
  const known = config.HOT_PATH
    ? createKnownDocuments({ requestFacts, hooks, pipelining, turns, contextOf, lists, headersOf })
    : null
  const http = createHttp(logger, {
    ...{ requestFacts, hooks, pipelining, known, headersOf },
    connectionLimits: {
      maxConnections: config.MAX_CONNECTIONS,
      responseTimeoutMs: config.RESPONSE_TIMEOUT * 1000,
    },
  })
  const { apollo, schema } = await registerGraphQL(
    http,
    { config, logger, services, tracing },
    { requestFacts, hooks, turns, contextOf, lists, known },
  )
  const endSubscriptions = config.SUBSCRIPTIONS
    ? registerSubscriptions(http, { ...parts, schema, lists, hooks, turns, requestFacts, contextOf })
    : () => undefined
  await registerPreflights(http, config.ALLOWED_ORIGINS)
  registerRoutes(http, parts, { requestFacts, hooks, isStopping: () => stopping })

  await http.ready()
  parts.beforeListening?.()
  const url = await http.listen({ host: config.HOST, port: config.PORT })

  return {
    url,
    retire() {
      stopping = true
    },
    async close() {
      stopping = true
      await drain(http.server, () => {
        draining = true
        // Not earlier: clients connect again at once, and would come back to this process.
        endSubscriptions()
      })
      await http.close()
      await apollo.stop()
    },
  }
}
