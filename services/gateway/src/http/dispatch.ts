// Finds what each request calls, before anything else is done with it, and answers it.
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { type AnswerGrpcWeb, grpcWebProtocolOf } from '../grpc-web/grpc-web.js'
import { pathOf, type RouteTable } from '../routes/match.js'
import type { Route } from '../routes/route.js'
import { operationOf, type Rpc } from '../routes/rpc.js'
import type { Transcode } from '../transcoding/transcoder.js'
import { badRequest, methodNotAllowed, notFound } from './failure.js'
import { EVERYTHING } from './own-routes.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** A path is part of what the gateway signs for a service. */
const MAX_PATH = 2048

interface Dispatch {
  readonly routes: readonly Route[]
  readonly table: RouteTable
  /** The methods of a path, also of the gateway's own routes. */
  readonly methodsOf: (url: string) => readonly string[]
  readonly rpcs: ReadonlyMap<string, Rpc>
  readonly transcode: Transcode
  readonly answerGrpcWeb: AnswerGrpcWeb
}

/** The hook comes before those that authenticate and count, which need to know the operation. */
export function addRouting(http: FastifyInstance, { table, methodsOf, rpcs }: Dispatch): void {
  http.addHook('onRequest', (request, _reply, done) => {
    const { facts, routeOptions, raw } = request
    if (!hasOneHost(raw)) return done(badRequest('Send one Host header.'))
    if (pathOf(request.url).length > MAX_PATH) return done(badRequest('The path is too long.', 414))
    if (routeOptions.url !== EVERYTHING || request.method === 'OPTIONS') {
      facts.operation = routeOptions.config.operation ?? null
      return done()
    }
    const protocol = grpcWebProtocolOf(request)
    if (protocol) {
      facts.protocol = protocol
      const rpc = rpcs.get(pathOf(request.url))
      if (!rpc) return done(notFound())
      facts.call = { kind: 'grpc-web', rpc, protocol }
      facts.operation = operationOf(rpc.method)
      return done()
    }
    const found = table.find(request.method, request.url)
    if (!found) {
      const allowed = methodsOf(request.url)
      return done(allowed.length > 0 ? methodNotAllowed(allowed) : notFound())
    }
    facts.call = { kind: 'rest', match: found }
    facts.operation = found.route.operation
    done()
  })
}

export function addDispatch(http: FastifyInstance, { routes, transcode, answerGrpcWeb }: Dispatch): void {
  http.route({
    method: METHODS,
    url: EVERYTHING,
    handler(request, reply) {
      const { call } = request.facts
      if (!call) throw notFound()
      return call.kind === 'rest'
        ? transcode(request, reply, call.match)
        : answerGrpcWeb(request, reply, call.rpc, call.protocol)
    },
  })
  http.addHook('onReady', (done) => {
    refuseHiddenRoutes(http, routes)
    done()
  })
}

/** The gateway's own routes win, so that an RPC with the same path could never be called. */
function refuseHiddenRoutes(http: FastifyInstance, routes: readonly Route[]): void {
  for (const { httpMethod, path, method } of routes)
    if (http.hasRoute({ method: httpMethod, url: path }))
      throw new Error(`${method.toString()}: ${httpMethod} ${path} is a route of the gateway itself`)
}

/** Of several, Node takes the first; what stands in front of the gateway may have taken another. HTTP/1.0 permits none. */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') hosts++
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0')
}
