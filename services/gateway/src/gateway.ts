// Builds the gateway: services, routes, and the hooks that each request passes, in their order.
import { createCallerSigner } from '@postern/contract/caller'
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { FastifyInstance } from 'fastify'
import { addIdentification, addProtection } from './authentication/hooks.js'
import { createSessions, type Sessions } from './authentication/sessions.js'
import { openResponseStore } from './cache/open.js'
import { type Config, upstreamAddresses } from './config/index.js'
import { addDocsPage } from './docs/docs-page.js'
import { addOpenApi } from './docs/open-api.js'
import { createGrpcWeb, createRpcTable } from './grpc-web/grpc-web.js'
import { registerBreakerStatus } from './http/breaker-status.js'
import { addCors } from './http/cors.js'
import { addDispatch, addRouting } from './http/dispatch.js'
import { addFacts } from './http/facts.js'
import { addProtectiveHeaders, protectiveHeaders } from './http/headers.js'
import { addObservation } from './http/observation.js'
import { watchOwnRoutes } from './http/own-routes.js'
import { limitPipelining } from './http/pipelining.js'
import { registerProbes } from './http/probes.js'
import { addErrorHandlers } from './http/send-failure.js'
import { createHttpServer } from './http/server.js'
import { addLimits } from './limits/hook.js'
import { createLimits, type Limits } from './limits/limits.js'
import { watchRouteNames } from './limits/route-names.js'
import { createMetrics, type Metrics } from './metrics.js'
import { registerOverview } from './overview/overview.js'
import { parts } from './overview/parts.js'
import { createRouteTable } from './routes/match.js'
import { type Route, routesOf } from './routes/route.js'
import { type ServiceEntry, services } from './services.js'
import { createFileSender } from './transcoding/file.js'
import { createTranscoder } from './transcoding/transcoder.js'
import { createOpenStreams } from './streams/open-streams.js'
import { createStreamSender } from './streams/send-stream.js'
import { createEventSender } from './streams/server-sent-events.js'
import { createCalls } from './upstreams/calls.js'
import { createCallMetadata } from './upstreams/call-metadata.js'
import type { UpstreamAddress } from '@postern/service/grpc/address'
import { createUpstreams, type Upstreams } from './upstreams/upstreams.js'

export interface Gateway {
  readonly http: FastifyInstance
  readonly routes: readonly Route[]
  readonly upstreams: Upstreams
  readonly sessions: Sessions
  readonly limits: Limits
  readonly metrics: Metrics
  /** The gateway is no longer ready from now on, so that balancers send nothing more. It still answers every request. */
  retire(): void
  /** Closes the connections to services and to Redis. Close `http` first. */
  close(): Promise<void>
}

interface Parts {
  /** Null without traces. */
  readonly tracing?: Tracing | null
  /** By default the services of this project that have an address, which is that of the configuration. */
  readonly served?: readonly ServiceEntry[]
  readonly addresses?: Readonly<Record<string, UpstreamAddress>>
}

/** Rejects if the annotations of two RPCs clash, or if one is wrong; with a ConfigError if a limit is for no route. */
export async function createGateway(
  config: Config,
  logger: Logger,
  {
    tracing = null,
    addresses = upstreamAddresses(config),
    served = services.filter(({ name }) => name in addresses),
  }: Parts = {},
): Promise<Gateway> {
  const routes = served.flatMap(({ name, definitions }) => routesOf(name, definitions))
  const table = createRouteTable(routes)
  const rpcs = createRpcTable(
    served.flatMap(({ name, definitions }) =>
      definitions.flatMap(({ methods }) => methods.map((method) => ({ service: name, method }))),
    ),
  )
  const metrics = createMetrics(served.map(({ name }) => name))
  const openStore = () => openResponseStore(config, logger)
  const upstreams = createUpstreams({ served, addresses, metrics, tracing, openStore })
  const timeoutMs = config.GATEWAY_TIMEOUT * 1000
  const metadataOf = createCallMetadata(createCallerSigner(config.GATEWAY_KEY), config.GATEWAY_URLS)
  const { call, open } = createCalls({ upstreams: upstreams.byName, metadataOf, timeoutMs })
  const [sessions, limits] = await Promise.all([createSessions(config, logger), createLimits(config, logger)])
  let isDraining = false
  const streams = createOpenStreams(
    sessions,
    metrics.watchStreams(() => streams.size()),
  )
  const sendStream = createStreamSender(open, streams)

  const headers = protectiveHeaders({ https: config.GATEWAY_HTTPS ?? config.NODE_ENV === 'production' })
  const http = createHttpServer(logger, {
    maxConnections: config.GATEWAY_MAX_CONNECTIONS,
    bodyLimit: config.GATEWAY_BODY_LIMIT,
    ...{ headers, timeoutMs },
  })
  const rpcNames = [...rpcs.values()].map(({ method }) => method.name)
  const checkLimits = watchRouteNames(http, rpcNames)
  const ownMethodsOf = watchOwnRoutes(http)
  const methodsOf = (url: string) => [...new Set([...ownMethodsOf(url), ...table.methodsOf(url)])]
  addErrorHandlers(http, logger)
  limitPipelining(http)
  addFacts(http, { trustedProxies: config.TRUST_PROXY, proxyHeaders: config.PROXY_HEADERS }, tracing)
  addObservation(http, logger, metrics)
  addProtectiveHeaders(http, headers)
  addCors(http, { allowedOrigins: config.ALLOWED_ORIGINS, methodsOf })
  const transcode = createTranscoder(call, {
    sendEvents: createEventSender(sendStream),
    sendFile: createFileSender(call),
  })
  const dispatch = { routes, table, methodsOf, rpcs, transcode, answerGrpcWeb: createGrpcWeb(call, sendStream) }
  addRouting(http, dispatch)
  // Who calls, then how often, then whether they may: what is refused counts too.
  addIdentification(http, sessions)
  addLimits(http, limits, metrics.countRefusal)
  addProtection(http)
  registerProbes(http, {
    canVerify: () => sessions.status().ready,
    breakers: upstreams.breakers,
    isDraining: () => isDraining,
    config,
  })
  registerBreakerStatus(http, upstreams.breakers)
  const names = new Set(served.map(({ name }) => name))
  const shown = parts.filter(({ service }) => names.has(service))
  if (names.has('auth')) registerOverview(http, call, shown, logger)
  addOpenApi(http, names)
  if (config.GATEWAY_DOCS ?? config.NODE_ENV !== 'production') addDocsPage(http)
  addDispatch(http, dispatch)
  // Their connections would stay open.
  http.addHook('preClose', (done) => {
    streams.close()
    done()
  })
  checkLimits(config.GATEWAY_RATE_LIMIT_ROUTES)

  return {
    ...{ http, routes, upstreams, sessions, limits, metrics },
    retire() {
      isDraining = true
    },
    async close() {
      upstreams.close()
      await Promise.all([sessions.close(), limits.close()])
    },
  }
}
