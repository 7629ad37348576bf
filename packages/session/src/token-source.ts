// Finds the access token of a request: Bearer header or cookie.
import { bearerToken, usesBearer } from '@postern/contract/bearer'
import { ACCESS_COOKIE, COOKIE_REFUSAL_MESSAGES, cookieRefusal, readCookie } from '@postern/contract/cookies'
import { SessionError } from './errors.js'
import { readHeaders, type AnyRequest, type RequestHeaders } from './request-headers.js'

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

/** Returns the access token of a request, or null. Throws a {@link SessionError} for a cookie that fails the CSRF check. */
export type TokenReader = (request: AnyRequest) => string | null

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
    const headers = readHeaders(request)
    const authorization = headers.get('authorization')
    if (fromBearer && (!fromCookie || usesBearer(authorization))) return bearerToken(authorization)
    return cookieToken(headers, allowedOrigins)
  }
}

function cookieToken({ method, host, get }: RequestHeaders, allowedOrigins: readonly string[]): string | null {
  const token = readCookie(get('cookie'), ACCESS_COOKIE)
  if (token === null) return null
  const headers = {
    origin: get('origin'),
    'sec-fetch-site': get('sec-fetch-site'),
    'x-postern-cookies': get('x-postern-cookies'),
  }
  const refusal = cookieRefusal({ method, host: host(), headers }, allowedOrigins)
  if (refusal) throw new SessionError('csrf_rejected', { detail: COOKIE_REFUSAL_MESSAGES[refusal] })
  return token
}
