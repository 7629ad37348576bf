// The headers of every response that protect browsers: helmet's, and which origins may read the response.
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'

/** Alternating names and values, as `writeHead` takes them. */
export type FlatHeaders = readonly string[]

/**
 * Returns the headers for an Origin. Nothing else in a request affects them, so they are computed once per listed
 * origin: as plugins that run for each request, helmet and CORS cost as much as the rest of a fast request. `https`:
 * whether browsers may insist on it from then on. On a developer's machine that would break other programs on localhost.
 */
export function createSecurityHeaders(allowedOrigins: readonly string[], { https }: { https: boolean }) {
  const always = [...helmetHeaders(https), 'vary', 'Origin']
  const listed = new Map(
    allowedOrigins.map((origin) => [
      origin,
      [...always, 'access-control-allow-origin', origin, 'access-control-allow-credentials', 'true'],
    ]),
  )
  return (origin: string | undefined): FlatHeaders => (origin !== undefined && listed.get(origin)) || always
}

/** Adds the headers to every response. A route that sets one of them keeps its own value. */
export function addSecurityHeaders(
  http: FastifyInstance,
  headersOf: (origin: string | undefined) => FlatHeaders,
): void {
  http.addHook('onSend', (request, reply, payload, done) => {
    for (const [name, value] of headerPairs(headersOf(request.headers.origin)))
      if (!reply.hasHeader(name)) void reply.header(name, value)
    done(null, payload)
  })
}

/** Such as `[['vary', 'Origin']]`. */
export const headerPairs = (headers: FlatHeaders): [name: string, value: string][] =>
  headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1] ?? '']] : []))

function helmetHeaders(https: boolean): string[] {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  const protect = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    strictTransportSecurity: https,
    xFrameOptions: { action: 'deny' },
    // These concern Internet Explorer, Flash and documents, none of which can run a response of this API.
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xDnsPrefetchControl: false,
    xXssProtection: false,
    originAgentCluster: false,
  })
  protect(request, response, (error) => {
    if (error !== undefined) throw error as Error
  })
  return Object.entries(response.getHeaders()).flatMap(([name, value]) => [name, String(value)])
}
