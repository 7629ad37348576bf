import { randomUUID } from 'node:crypto'
import { fastify, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import type { App } from '../app.js'
import { AuthError } from '../errors.js'
import type { FlatHeaders } from './protective-headers.js'

/** A request id that a proxy gave is kept when it is harmless in a log line. */
const requestIdFrom = (header: string | string[] | undefined): string =>
  typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID()

/**
 * The HTTP server and what happens around every request, whoever answers it. Limits, metrics, traces and logs belong
 * here: the hot path and Apollo Server both run inside these hooks, and a plugin of Apollo Server would see one of them.
 */
export function createHttp(
  { config, log, metrics }: App,
  headersOf: (origin: string | undefined) => FlatHeaders,
): FastifyInstance {
  const http = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // Nobody logs through the request: a logger for each of them would be made for nothing.
    childLoggerFactory: (logger) => logger,
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    bodyLimit: 100 * 1024,
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    return503OnClosing: false,
    frameworkErrors: (_, request, reply: unknown) => {
      void (reply as FastifyReply).code(400).send(answer('BAD_REQUEST', 'The URL is not one.', request.id))
    },
    forceCloseConnections: 'idle',
  }) as unknown as FastifyInstance

  const isHost = rememberLast((host: string) => URL.canParse(`http://${host}`))
  http.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id)
    if (isHost(request.headers.host ?? '') && isHost(request.host)) return done()
    void reply.code(400).send(answer('BAD_REQUEST', 'The Host header is not one.', request.id))
  })

  http.addHook('onSend', (request, reply, payload, done) => {
    const headers = headersOf(request.headers.origin)
    for (let i = 0; i < headers.length; i += 2) {
      const [name, value] = headers.slice(i, i + 2)
      if (name !== undefined && !reply.hasHeader(name)) void reply.header(name, value)
    }
    done(null, payload)
  })

  http.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const status = reply.statusCode
    const milliseconds = Math.round(reply.elapsedTime)
    metrics.observeRequest(route, status, reply.elapsedTime / 1000)
    // The path without its query: a GET carries variables there.
    log.info({ requestId: request.id, method: request.method, route, status, milliseconds }, 'request')
    done()
  })

  http.setErrorHandler(async (error, request, reply) => {
    if (error instanceof AuthError) return reply.code(503).send(answer(error.code, error.message, request.id))
    const { statusCode = 500, code } = error as { statusCode?: number; code?: string }
    if (statusCode === 413) return reply.code(413).send(answer('BAD_REQUEST', 'The body is over 100 KiB.', request.id))
    if (statusCode === 415)
      return reply.code(415).send(answer('BAD_REQUEST', 'Send the body as application/json.', request.id))
    if (statusCode < 500) return reply.code(400).send(answer('BAD_REQUEST', 'The body is not JSON.', request.id))
    log.error({ requestId: request.id, err: error, code }, 'unexpected error')
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

/** The shape that GraphQL clients read. */
const answer = (code: string, message: string, requestId: string) => ({
  errors: [{ message, extensions: { code, requestId } }],
})

/** Nearly every request asks about the same host. */
function rememberLast(check: (text: string) => boolean): (text: string) => boolean {
  let good: string | undefined
  return (text) => {
    if (text === good) return true
    if (!check(text)) return false
    good = text
    return true
  }
}
