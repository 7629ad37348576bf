// Which pages of other origins may call the gateway (CORS). Requests carry tokens and never cookies, so no response permits
// credentials.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PATCH_TYPES } from '../transcoding/body.js'

const MAX_AGE_SECONDS = 86_400

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'

const REQUEST_HEADERS = [
  ...[
    'authorization',
    'content-type',
    'dpop',
    'if-none-match',
    'last-event-id',
    'x-request-id',
    'traceparent',
    'tracestate',
  ],
  // Of the clients of gRPC-Web.
  ...['grpc-timeout', 'x-grpc-web', 'x-user-agent', 'connect-protocol-version'],
].join(', ')

const RESPONSE_HEADERS = [
  ...[
    'content-disposition',
    'etag',
    'retry-after',
    'ratelimit',
    'ratelimit-policy',
    'www-authenticate',
    'dpop-nonce',
    'x-request-id',
  ],
  ...['grpc-status', 'grpc-message', 'grpc-status-details-bin'],
].join(', ')

/** Before everything that can refuse a request: browsers send preflights without a token. */
export function addCors(
  http: FastifyInstance,
  { allowedOrigins, methodsOf }: { allowedOrigins: readonly string[]; methodsOf: (url: string) => readonly string[] },
): void {
  const allowed = new Set(allowedOrigins)

  http.addHook('onRequest', (request, reply, done) => {
    void reply.header('vary', 'Origin')
    const { origin } = request.headers
    if (origin !== undefined && allowed.has(origin))
      void reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', RESPONSE_HEADERS)
    done()
  })

  http.options('/*', (request, reply) => (isPreflight(request) ? preflight(reply) : options(request, reply)))

  function preflight(reply: FastifyReply): FastifyReply {
    if (!reply.hasHeader('access-control-allow-origin')) return reply.code(204).send()
    return reply
      .code(204)
      .header('access-control-allow-methods', METHODS)
      .header('access-control-allow-headers', REQUEST_HEADERS)
      .header('access-control-max-age', String(MAX_AGE_SECONDS))
      .send()
  }

  function options(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const methods = methodsOf(request.url)
    if (methods.includes('PATCH')) void reply.header('accept-patch', PATCH_TYPES)
    return reply
      .code(204)
      .header('allow', [...methods, 'OPTIONS'].join(', '))
      .send()
  }
}

const isPreflight = ({ headers }: FastifyRequest): boolean =>
  headers.origin !== undefined && headers['access-control-request-method'] !== undefined
