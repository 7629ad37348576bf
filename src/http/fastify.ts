// Creates the HTTP server. Fastify handles everything that the plans of known documents do not answer.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { fastify, type FastifyInstance, type FastifyReply, LogController, type RequestPayload } from 'fastify'
import type { Logger } from '@postern/service/logger'
import type { RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import { addErrorHandlers, createErrorResponder, MALFORMED_URL, SEVERAL_HOSTS } from './error-responses.js'
import type { KnownDocuments } from './known-documents/known-documents.js'
import { type ConnectionLimits, createLimitedServer } from './limited-server.js'
import { limitPipelining, type Pipelining } from './pipelining.js'
import { hasSeveralHosts } from './request-head.js'
import { STREAM_ROUTE } from './subscriptions/server-sent-events.js'
import { addSecurityHeaders, type FlatHeaders, headerPairs } from './security-headers.js'

const MAX_BODY_BYTES = 100 * 1024

/** Without these, Fastify loads its compilers for JSON schemas, 5 MiB. No route has a schema. */
function refuseSchema(): never {
  throw new Error('routes have no JSON schemas: see http/fastify.ts')
}

interface Options {
  requestFacts: RequestFactsStore
  hooks: RequestHooks
  pipelining: Pipelining
  known: KnownDocuments | null
  /** The headers of every response. */
  headersOf: (origin: string | undefined) => FlatHeaders
  connectionLimits: ConnectionLimits
}

export function createHttp(
  logger: Logger,
  { requestFacts, hooks, pipelining, known, headersOf, connectionLimits }: Options,
): FastifyInstance {
  const respond = createErrorResponder(requestFacts)
  const http = fastify({
    serverFactory(handle) {
      const byPlan = (request: IncomingMessage, response: ServerResponse) => known?.handle(request, response, handle)
      return createLimitedServer(connectionLimits, logger, known ? byPlan : handle)
    },
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Nothing logs through the request, so that a logger per request would be wasted.
    childLoggerFactory: (parent) => parent,
    genReqId: (request) => requestFacts.of(request).requestId,
    bodyLimit: MAX_BODY_BYTES,
    schemaController: { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } },
    return503OnClosing: false,
    frameworkErrors(_, request, unknownReply: unknown) {
      const reply = unknownReply as FastifyReply
      // Fastify runs no hooks here.
      void reply.headers({
        ...Object.fromEntries(headerPairs(headersOf(request.headers.origin))),
        'x-request-id': request.id,
      })
      void respond(request, reply, MALFORMED_URL)
      const facts = requestFacts.of(request.raw)
      hooks.answered(facts, { status: reply.statusCode, milliseconds: performance.now() - facts.startedAt })
    },
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance

  limitPipelining(http, pipelining, (request) => known?.handoverOf(request) !== undefined)
  http.addHook('onRequest', (request, reply, done) => {
    requestFacts.of(request.raw).route = request.routeOptions.url ?? 'none'
    void reply.header('x-request-id', request.id)
    if (hasSeveralHosts(request.raw)) return void respond(request, reply, SEVERAL_HOSTS)
    done()
  })

  // The body may have been read before the request was passed on.
  http.addHook('preParsing', (request, _reply, payload, done) => {
    const body = known?.handoverOf(request.raw)?.body
    if (!body) return done(null, payload)
    const again: RequestPayload = Readable.from([body])
    again.receivedEncodedLength = body.length
    done(null, again)
  })

  http.addHook('onResponse', (request, reply, done) => {
    const facts = requestFacts.of(request.raw)
    // Does nothing unless Fastify responded before the route that would have done so.
    hooks.after(facts)
    // A stream has a line and metrics of its own: it is open for hours.
    if (facts.route === STREAM_ROUTE && reply.statusCode === 200) return done()
    const outcome = { status: reply.statusCode, milliseconds: performance.now() - facts.startedAt }
    hooks.answered(facts, facts.route === '/graphql' ? { ...outcome, by: 'apollo' } : outcome)
    done()
  })

  addSecurityHeaders(http, headersOf)
  addErrorHandlers(http, respond, logger)
  return http
}
