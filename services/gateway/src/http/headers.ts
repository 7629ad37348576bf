// The headers of every response that protect browsers.
import type { FastifyInstance } from 'fastify'

const ALWAYS: Headers = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-opener-policy', 'same-origin'],
  // Concerns only requests without CORS, such as those of <img>.
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  // Responses are for one person, unless a route says otherwise.
  ['cache-control', 'no-store'],
]

const HTTPS: Headers = [['strict-transport-security', 'max-age=31536000; includeSubDomains']]

export type Headers = readonly (readonly [name: string, value: string])[]

/** `https`: whether browsers may insist on it from then on. On a developer's machine that would break other programs on localhost. */
export const protectiveHeaders = ({ https }: { https: boolean }): Headers => [...ALWAYS, ...(https ? HTTPS : [])]

/** Adds the headers to every response. A route that sets one of them keeps its own value. */
export function addProtectiveHeaders(http: FastifyInstance, headers: Headers): void {
  http.addHook('onSend', (_request, reply, payload, done) => {
    for (const [name, value] of headers) if (!reply.hasHeader(name)) void reply.header(name, value)
    done(null, payload)
  })
}
