// What is recorded of each request: a line in the log, the metrics, and the end of its span.
import { rpcPathOf } from '@postern/proto/grpc-service'
import type { Logger } from '@postern/service/logger'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metrics } from '../metrics.js'
import { EVERYTHING } from './own-routes.js'

/** nginx's, for a client that did not wait for the response. */
const CLIENT_CLOSED = 499

/** Orchestrators ask every few seconds. */
const PROBES = new Set(['/livez', '/readyz'])

/** Comes right after the facts, so that no request is missing. */
export function addObservation(http: FastifyInstance, logger: Logger, metrics: Metrics): void {
  http.addHook('onRequest', (request, reply, done) => {
    // After the last byte, or when the client has disconnected.
    reply.raw.once('close', () => {
      const { raw } = reply
      record(request, raw.writableFinished ? raw.statusCode : CLIENT_CLOSED)
    })
    done()
  })

  // The handler runs in the trace. A body arrives outside of it, which is why this comes after the body.
  http.addHook('preHandler', ({ facts: { trace } }, _reply, done) => (trace ? trace.run(done) : done()))

  function record(request: FastifyRequest, status: number): void {
    const { method, facts } = request
    const { requestId, startedAt, answeredAt, operation, auth, code, trace } = facts
    const endedAt = performance.now()
    const route = routeOf(request)
    metrics.observeRequest(method, route, status, ((answeredAt ?? endedAt) - startedAt) / 1000)
    trace?.end({ route, status, endedAt, code: code ?? undefined })
    if (PROBES.has(route) && status === 200) return
    logger.info(
      {
        ...{ method, route, requestId, status, milliseconds: Math.round(endedAt - startedAt) },
        ...(operation && { operation: operation.name }),
        ...(auth && { userId: auth.userId }),
        ...(code !== null && { errorCodes: [code] }),
        ...trace?.ids,
      },
      'request',
    )
  }
}

/** The template of the path, without anything from the client. */
function routeOf({ routeOptions, facts: { call } }: FastifyRequest): string {
  if (call?.kind === 'rest') return call.match.route.path
  if (call) return rpcPathOf(call.rpc.method)
  const { url = 'none' } = routeOptions
  return url === EVERYTHING ? 'none' : url
}
