import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { fastify, type FastifyInstance, type FastifyReply, LogController, type RequestPayload } from 'fastify'
import type { Config } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import { AuthError } from '../platform/errors.js'
import type { RequestHooks } from './request-hooks.js'
import type { HotPath } from './fast-path/fast-path.js'
import type { FlatHeaders } from './security-headers.js'
import { isHost, requestIdOf } from './request-head.js'

/** Milliseconds: for a kept connection to say something, for a request to arrive, and between two looks at which are late. */
const KEEP_ALIVE = 72_000
const REQUEST_TIMEOUT = 60_000
const CHECKING_INTERVAL = 200

interface Options {
  hooks: RequestHooks
  hotPath: HotPath | null
  /** What every answer carries. */
  headersOf: (origin: string | undefined) => FlatHeaders
}

/** The HTTP server: everything that the hot path does not answer comes to Fastify. */
export function createHttp(
  { config, logger }: { config: Config; logger: Logger },
  { hooks, hotPath, headersOf }: Options,
): FastifyInstance {
  const http = fastify({
    serverFactory: (handle) => {
      const all = {
        keepAliveTimeout: KEEP_ALIVE,
        requestTimeout: REQUEST_TIMEOUT,
        connectionsCheckingInterval: CHECKING_INTERVAL,
      }
      const front = (request: IncomingMessage, response: ServerResponse) => hotPath?.handle(request, response, handle)
      return createServer(all, hotPath ? front : handle)
    },
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    // Nobody logs through the request: a logger for each of them would be made for nothing.
    childLoggerFactory: (parent) => parent,
    genReqId: (request) => requestIdOf(request.headers),
    bodyLimit: 100 * 1024,
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    return503OnClosing: false,
    frameworkErrors: (_, request, reply: unknown) => {
      // No hook runs for it.
      const headers = Object.fromEntries(pairs(headersOf(request.headers.origin)))
      const refusal = answer('BAD_REQUEST', 'The URL is not one.', request.id)
      void (reply as FastifyReply)
        .code(400)
        .headers({ ...headers, 'x-request-id': request.id })
        .send(refusal)
    },
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance

  http.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    if (isHost(request.headers.host) && isHost(request.host)) return done()
    void reply.code(400).send(answer('BAD_REQUEST', 'The Host header is not one.', request.id))
  })

  http.addHook('onSend', (request, reply, payload, done) => {
    for (const [name, value] of pairs(headersOf(request.headers.origin)))
      if (!reply.hasHeader(name)) void reply.header(name, value)
    done(null, payload)
  })

  // What the hot path has read, and then not answered, is there to be read again.
  http.addHook('preParsing', (request, _reply, payload, done) => {
    const body = hotPath?.bodyOf(request.raw)
    if (!body) return done(null, payload)
    const again: RequestPayload = Readable.from([body])
    again.receivedEncodedLength = body.length
    done(null, again)
  })

  http.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const outcome = { status: reply.statusCode, milliseconds: reply.elapsedTime }
    // The path without its query: a GET carries variables there.
    hooks.answered(
      { requestId: request.id, method: request.method, route },
      route === '/graphql' ? { ...outcome, by: 'apollo' } : outcome,
    )
    done()
  })

  http.setErrorHandler(async (error, request, reply) => {
    if (error instanceof AuthError) {
      if (error.retryAfter !== undefined) void reply.header('retry-after', String(error.retryAfter))
      return reply.code(503).send(answer(error.code, error.message, request.id, error.retryAfter))
    }
    const { statusCode = 500, code } = error as { statusCode?: number; code?: string }
    if (statusCode === 413) return reply.code(413).send(answer('BAD_REQUEST', 'The body is over 100 KiB.', request.id))
    if (statusCode === 415)
      return reply.code(415).send(answer('BAD_REQUEST', 'Send the body as application/json.', request.id))
    if (statusCode < 500) return reply.code(400).send(answer('BAD_REQUEST', 'The body is not JSON.', request.id))
    logger.error({ requestId: request.id, err: error, code }, 'unexpected error')
    const hidden = new AuthError('INTERNAL_SERVER_ERROR')
    return reply.code(500).send(answer(hidden.code, hidden.message, request.id))
  })

  http.setNotFoundHandler((request, reply) => {
    const wrongMethod = request.url.split('?')[0] === '/graphql'
    const message = wrongMethod ? 'Use GET or POST.' : 'There is nothing here; the API is at /graphql.'
    const [status, code] = wrongMethod ? [405, 'BAD_REQUEST'] : [404, 'NOT_FOUND']
    return reply.code(status).send(answer(code, message, request.id))
  })

  return http
}

const pairs = (headers: FlatHeaders): [name: string, value: string][] =>
  headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1] ?? '']] : []))

/** The shape that GraphQL clients read. */
const answer = (code: string, message: string, requestId: string, retryAfter?: number) => ({
  errors: [{ message, extensions: { code, ...(retryAfter !== undefined && { retryAfter }), requestId } }],
})
