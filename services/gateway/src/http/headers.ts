// The headers of every response that protect browsers.
import type { FastifyInstance } from 'fastify'

const ALWAYS: readonly (readonly [string, string])[] = [
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-opener-policy', 'same-origin'],
  // Concerns only requests without CORS, such as those of <img>.
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
]

const HTTPS: readonly (readonly [string, string])[] = [
  ['strict-transport-security', 'max-age=31536000; includeSubDomains'],
]

/**
 * Adds the headers to every response. A route that sets one of them keeps its own value. `https`: whether browsers may insist
 * on it from then on. On a developer's machine that would break other programs on localhost.
 */
export function addProtectiveHeaders(http: FastifyInstance, { https }: { https: boolean }): void {
  const headers = [...ALWAYS, ...(https ? HTTPS : [])]
  http.addHook('onSend', (_request, reply, payload, done) => {
    for (const [name, value] of headers) if (!reply.hasHeader(name)) void reply.header(name, value)
    // Responses are for one person, unless a route says otherwise.
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
    done(null, payload)
  })
}
