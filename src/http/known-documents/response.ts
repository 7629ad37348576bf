// Writes the response of a plan: the same bytes as Fastify writes for Apollo Server.
import type { ServerResponse } from 'node:http'
import type { FlatHeaders } from '../security-headers.js'

interface Head {
  requestId: string
  contentType: string
  /** Values of Set-Cookie. */
  cookies: readonly string[]
  /** Those of every response. */
  headers: FlatHeaders
}

export function respond(response: ServerResponse, data: unknown, { requestId, contentType, cookies, headers }: Head) {
  const text = `${JSON.stringify({ data })}\n`
  response.writeHead(200, [
    ...['x-request-id', requestId, 'cache-control', 'no-store', 'content-type', contentType],
    ...cookies.flatMap((cookie) => ['set-cookie', cookie]),
    ...headers,
    ...['content-length', String(Buffer.byteLength(text))],
  ])
  response.end(text)
}
