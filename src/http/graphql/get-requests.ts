// Which GET requests no page of another origin could have sent, besides those that Apollo Server recognizes.
import type { IncomingHttpHeaders } from 'node:http'
import { usesBearer, usesDpop } from '@postern/contract/bearer'
import { requestsCookies } from '@postern/contract/cookies'

/** Apollo Server accepts a GET with this header, because browsers send it to another origin only after a preflight. */
const PREFLIGHT = 'apollo-require-preflight'

interface GetRequest {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** Lets clients send queries by GET without a header of Apollo's, as urql does by default. */
export function admitGet(request: GetRequest, allowedOrigins: readonly string[]): void {
  if (request.method === 'GET' && isIntended(request, allowedOrigins)) request.headers[PREFLIGHT] ??= '1'
}

function isIntended(request: GetRequest, allowedOrigins: readonly string[]): boolean {
  const { authorization, origin, 'sec-fetch-site': site } = request.headers
  // Browsers send these elsewhere only after a preflight. Basic credentials, they add on their own.
  if (usesBearer(authorization) || usesDpop(authorization) || requestsCookies(request)) return true
  // No script can set these two.
  return site === 'same-origin' || (origin !== undefined && allowedOrigins.includes(origin))
}
