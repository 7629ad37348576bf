// Finds the access token of a request: Bearer header or cookie.
import { bearerToken, usesBearer } from '@postern/contract/bearer'
import { ACCESS_COOKIE, COOKIE_REFUSAL_MESSAGES, cookieRefusal, readCookie } from '@postern/contract/cookies'
import { SessionError } from './errors.js'

/** Where the access token of a request is read from. */
export interface TokenSourceOptions {
  /**
   * `'bearer'`: the `Authorization: Bearer` header. `'cookie'`: the service's cookie `__Host-postern-access`, for an API
   * behind the same host as the service. Bearer wins if a request has both. Default `['bearer']`.
   */
  readonly tokenFrom?: readonly ('bearer' | 'cookie')[]
  /**
   * Origins whose pages may use cookies, besides the API's own: `https://app.example.com`. Needed too where a proxy
   * changes the Host header. Default none.
   */
  readonly allowedOrigins?: readonly string[]
}

/** A request with headers as in `node:http`. Nothing else is read. */
export interface WithHeaders {
  readonly method?: string | undefined
  readonly headers: {
    readonly authorization?: string | undefined
    readonly cookie?: string | undefined
    readonly host?: string | undefined
    readonly origin?: string | string[] | undefined
    readonly ':authority'?: string | string[] | undefined
    readonly 'sec-fetch-site'?: string | string[] | undefined
    readonly 'x-postern-cookies'?: string | string[] | undefined
  }
}

/** Returns the access token of a request, or null. Throws a {@link SessionError} for a cookie that fails the CSRF check. */
export type TokenReader = (request: WithHeaders) => string | null

/** Creates a token reader. Throws a TypeError for invalid options. */
export function createTokenReader({ tokenFrom = ['bearer'], allowedOrigins = [] }: TokenSourceOptions): TokenReader {
  for (const source of tokenFrom as readonly string[])
    if (source !== 'bearer' && source !== 'cookie')
      throw new TypeError("tokenFrom must list 'bearer', 'cookie' or both")
  if (tokenFrom.length === 0) throw new TypeError('tokenFrom must not be empty')
  for (const origin of allowedOrigins)
    // A URL may contain an asterisk, but no page has such an origin.
    if (!URL.canParse(origin) || new URL(origin).origin !== origin || origin.includes('*'))
      throw new TypeError('allowedOrigins must be origins, such as https://app.example.com')
  const fromBearer = tokenFrom.includes('bearer')
  const fromCookie = tokenFrom.includes('cookie')

  return (request) => {
    const { authorization } = request.headers
    if (fromBearer && (!fromCookie || usesBearer(authorization))) return bearerToken(authorization)
    return cookieToken(request, allowedOrigins)
  }
}

function cookieToken(request: WithHeaders, allowedOrigins: readonly string[]): string | null {
  const { headers, method } = request
  const token = readCookie(headers.cookie, ACCESS_COOKIE)
  if (token === null) return null
  // HTTP/2 has no Host header.
  const host = headers.host ?? (typeof headers[':authority'] === 'string' ? headers[':authority'] : undefined)
  const refusal = cookieRefusal({ method, host, headers }, allowedOrigins)
  if (refusal) throw new SessionError('csrf_rejected', { detail: COOKIE_REFUSAL_MESSAGES[refusal] })
  return token
}
