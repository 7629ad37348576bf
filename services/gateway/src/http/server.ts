// Creates the HTTP server: what bounds its connections and requests, before any route is known.
import { createServer } from 'node:http'
import type { Logger } from '@postern/service/logger'
import { requestIdOf } from '@postern/service/request-id'
import { fastify, type FastifyInstance, LogController } from 'fastify'
import { answerClientError } from './client-errors.js'
import { badRequest } from './failure.js'
import type { Headers } from './headers.js'
import { sendFailure } from './send-failure.js'

/** What bounds the connections and requests of a process, and what its responses have in common. */
export interface ServerOptions {
  /** More connections are closed at once. */
  readonly maxConnections: number
  readonly bodyLimit: number
  /** Of every response. */
  readonly headers: Headers
  /** How long a service may take. A connection with a request may be silent for longer. */
  readonly timeoutMs: number
}

const TIMEOUTS_MS = {
  /** Longer than most load balancers keep idle connections (60 s), so that they close first. */
  keepAliveTimeout: 72_000,
  headersTimeout: 5_000,
  /** How long a request may take to arrive, head and body. */
  requestTimeout: 10_000,
  /** How often Node checks for requests that are late. */
  connectionsCheckingInterval: 200,
}

const MAX_HEADER_BYTES = 16 * 1024

/** Without these, Fastify loads its compilers for JSON schemas. No route has a schema. */
function refuseSchema(): never {
  throw new Error('routes have no JSON schemas: messages are checked by their descriptors')
}

export function createHttpServer(
  logger: Logger,
  { maxConnections, bodyLimit, headers, timeoutMs }: ServerOptions,
): FastifyInstance {
  const http = fastify({
    serverFactory(handle) {
      const server = createServer({ ...TIMEOUTS_MS, maxHeaderSize: MAX_HEADER_BYTES, requireHostHeader: false }, handle)
      server.maxConnections = maxConnections
      // Node destroys the connection. Between two requests keepAliveTimeout applies instead.
      server.timeout = timeoutMs + 20_000
      return server
    },
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Nothing logs through the request, so that a logger per request would be wasted.
    childLoggerFactory: (parent) => parent,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    bodyLimit,
    schemaController: { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } },
    return503OnClosing: false,
    frameworkErrors(_, request, reply) {
      // Fastify runs no hooks here.
      void reply.headers(Object.fromEntries(headers))
      void sendFailure(request, reply, badRequest('The request URL is malformed.'))
    },
    clientErrorHandler: answerClientError,
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance

  // Each route reads its own kind of body.
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  return http
}
