// Builds the gateway: upstreams, routes, and the hooks that each request passes, in their order.
import { createCallerSigner } from '@postern/contract/caller'
import type { Logger } from '@postern/service/logger'
import type { FastifyInstance } from 'fastify'
import { addIdentification, addProtection } from './authentication/hooks.js'
import { createSessions, type Sessions } from './authentication/sessions.js'
import { type Config, upstreamAddresses } from './config/index.js'
import { createGrpcWeb, createRpcTable } from './grpc-web/grpc-web.js'
import { addCors } from './http/cors.js'
import { addDispatch, addRouting } from './http/dispatch.js'
import { addFacts } from './http/facts.js'
import { addProtectiveHeaders } from './http/headers.js'
import { addErrorHandlers } from './http/send-failure.js'
import { createHttpServer } from './http/server.js'
import { addLimits } from './limits/hook.js'
import { createLimits, type Limits } from './limits/limits.js'
import { createRouteTable } from './routes/match.js'
import { routesOf } from './routes/route.js'
import { services } from './services.js'
import { createTranscoder } from './transcoding/transcoder.js'
import { createCall } from './upstreams/calls.js'
import { createCallMetadata } from './upstreams/call-metadata.js'
import { createUpstream, type Upstream } from './upstreams/upstream.js'

export interface Gateway {
  readonly http: FastifyInstance
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly sessions: Sessions
  readonly limits: Limits
  /** Closes the connections to services and to Redis. Close `http` first. */
  close(): Promise<void>
}

/** Rejects if the annotations of two RPCs clash, or if one is wrong. */
export async function createGateway(config: Config, logger: Logger): Promise<Gateway> {
  const routes = services.flatMap(({ name, definitions }) => routesOf(name, definitions))
  const table = createRouteTable(routes)
  const rpcs = createRpcTable(
    services.flatMap(({ name, definitions }) =>
      definitions.flatMap(({ methods }) => methods.map((method) => ({ service: name, method }))),
    ),
  )
  const addresses = upstreamAddresses(config)
  const upstreams = new Map(services.map(({ name }) => [name, createUpstream(name, addresses[name])]))
  const timeoutMs = config.GATEWAY_TIMEOUT * 1000
  const metadataOf = createCallMetadata(createCallerSigner(config.GATEWAY_KEY), config.GATEWAY_URLS)
  const call = createCall({ upstreams, metadataOf, timeoutMs })
  const sessions = await createSessions(config, logger)
  const limits = createLimits(config, logger)

  const http = createHttpServer(logger, {
    maxConnections: config.GATEWAY_MAX_CONNECTIONS,
    bodyLimit: config.GATEWAY_BODY_LIMIT,
    timeoutMs,
  })
  addErrorHandlers(http, logger)
  addFacts(http, { trustedProxies: config.TRUST_PROXY, proxyHeaders: config.PROXY_HEADERS })
  addProtectiveHeaders(http, { https: config.GATEWAY_HTTPS ?? config.NODE_ENV === 'production' })
  addCors(http, { allowedOrigins: config.ALLOWED_ORIGINS, methodsOf: table.methodsOf })
  const dispatch = { table, rpcs, transcode: createTranscoder(call), answerGrpcWeb: createGrpcWeb(call) }
  addRouting(http, dispatch)
  // Who calls, then how often, then whether they may: what is refused counts too.
  addIdentification(http, sessions)
  addLimits(http, limits)
  addProtection(http)
  addDispatch(http, dispatch)

  return {
    http,
    upstreams,
    sessions,
    limits,
    async close() {
      for (const upstream of upstreams.values()) upstream.close()
      await Promise.all([sessions.close(), limits.close()])
    },
  }
}
