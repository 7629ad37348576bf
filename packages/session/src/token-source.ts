// Finds the access token of a request: Authorization header or cookie.
import { bearerToken, dpopToken, usesBearer, usesDpop } from '@postern/contract/bearer'
import { ACCESS_COOKIE, COOKIE_REFUSAL_MESSAGES, cookieRefusal, readCookie } from '@postern/contract/cookies'
import { SessionError } from './errors.js'
import { readHeaders, type AnyRequest, type RequestHeaders } from './request-headers.js'

/** A key that the sender of a request has proved to hold. */
export interface ProvenKey {
  /** The RFC 7638 thumbprint: `cnf.jkt` of the tokens that are bound to the key. */
  readonly thumbprint: string
  /** Uses the proof up. Rejects if it was used before. Call it when the token is known to be valid. */
  use(): Promise<void>
}

/** Checks DPoP proofs: `createDpop` of `@postern/session/dpop`. */
export interface Dpop {
  /** Checks the proof of a request for its access token. Rejects with a {@link SessionError}. */
  check(request: AnyRequest, token: string): Promise<ProvenKey>
}

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
  /**
   * Accepts tokens that are bound to a key, as `Authorization: DPoP` with a proof (RFC 9449): `createDpop` of
   * `@postern/session/dpop`. Without it, such tokens are refused.
   */
  readonly dpop?: Dpop
}

/** The access token of a request, and how it was sent. */
export interface FoundToken {
  readonly token: string | null
  /** Checks the proof that must come with the token. Null for a bearer token. */
  readonly dpop: Dpop | null
}

/** Returns the access token of a request. Throws a {@link SessionError} for a cookie that fails the CSRF check. */
export type TokenReader = (request: AnyRequest) => FoundToken

/** Creates a token reader. Throws a TypeError for invalid options. */
export function createTokenReader({
  tokenFrom = ['bearer'],
  allowedOrigins = [],
  dpop,
}: TokenSourceOptions): TokenReader {
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
    if (dpop && usesDpop(authorization)) return { token: dpopToken(authorization), dpop }
    const isBearer = fromBearer && (!fromCookie || usesBearer(authorization))
    return { token: isBearer ? bearerToken(authorization) : cookieToken(headers, allowedOrigins), dpop: null }
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
