// The validator for runtimes without Node.js and Redis.
import { authOf, createLaterAuthenticator, type Auth } from './auth.js'
import { checkBinding, checkTimes, expectations, readClaims, type ClaimOptions } from './claims.js'
import { assertToken, checkSignatureLength, parsePart, PASETO_PREFIX, readHeader, splitToken } from './compact-jwt.js'
import { createEdgeKeys, type EdgeKeyOptions } from './edge-keys.js'
import { createRevocationCheck, type RevocationOptions } from './edge-revocations.js'
import { SessionError } from './errors.js'
import { globalFetch } from './key-set.js'
import { reporter } from './report.js'
import type { AnyRequest } from './request-headers.js'
import type { TokenSourceOptions } from './token-source.js'
import { decodeText, isSignedBy } from './web-crypto.js'

/** Options of {@link createEdgeValidator}. */
export interface EdgeValidatorOptions extends EdgeKeyOptions, ClaimOptions, RevocationOptions {
  /** Replaces the global fetch for the JWKS URL. */
  readonly fetch?: typeof fetch
  /** Called when the JWKS URL or the check of revocations fails. Log it; the validator tries again without your help. */
  readonly onError?: (error: Error) => void
  /** The time in Unix milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

/** The user and session that a request comes from. */
export interface EdgeAuth extends Auth {
  /** Whether the token is known not to be revoked. False with `revocations: 'none'`, and where `'allow'` skipped the check. */
  readonly revocationChecked: boolean
}

/** Verifies access tokens. */
export interface EdgeValidator {
  /**
   * Resolves to the user of a valid token. Rejects with a {@link SessionError}: 401 if the token is missing or not valid, 503
   * if tokens can't be verified now. `key`: the thumbprint of the key that the sender has proved to hold.
   */
  readonly validate: (token: string | undefined | null, key?: string) => Promise<EdgeAuth>
}

/**
 * Creates a validator that needs only WebCrypto and fetch. It accepts and refuses the same JWTs as the validator for
 * Node.js, with the same codes. Opens no connection until the first token. Throws a TypeError for invalid options.
 *
 * @example
 * ```ts
 * import { authenticate, createEdgeValidator, serviceCheck, SessionError } from '@postern/session/edge'
 *
 * const sessions = createEdgeValidator({
 *   jwksUrl: 'https://auth.example.com/.well-known/jwks.json',
 *   revocations: serviceCheck({ url: 'https://auth.example.com/graphql' }),
 * })
 *
 * export default {
 *   async fetch(request: Request): Promise<Response> {
 *     try {
 *       const { userId } = await authenticate(sessions, request)
 *       return new Response(`Hello ${userId}`)
 *     } catch (error) {
 *       if (!(error instanceof SessionError)) throw error
 *       return new Response(error.message, { status: error.status, headers: error.headers })
 *     }
 *   },
 * }
 * ```
 */
export function createEdgeValidator(options: EdgeValidatorOptions): EdgeValidator {
  const { now = Date.now, fetch = globalFetch } = options
  const onError = reporter(options.onError)
  const expected = expectations(options)
  const findKeys = createEdgeKeys({ ...options, fetch, onError })
  const isChecked = createRevocationCheck({ ...options, onError })

  return {
    async validate(token, key) {
      assertToken(token)
      // PASETO v4.local needs ciphers that WebCrypto does not have.
      if (token.startsWith(PASETO_PREFIX)) throw new SessionError('wrong_algorithm')
      const jwt = splitToken(token)
      const header = readHeader(parsePart(decodeText(jwt.head)))
      checkSignatureLength(header, jwt)
      if (!(await isSignedBy(await findKeys(header), header.algorithm, jwt))) throw new SessionError('bad_signature')
      const claims = readClaims(parsePart(decodeText(jwt.body)), expected)
      checkTimes(claims, expected.clockSkew, now() / 1000)
      checkBinding(claims, key)
      return { ...authOf(claims), revocationChecked: await isChecked(claims, token) }
    },
  }
}

/**
 * Authenticates one request by its `Authorization: Bearer` header or, with `tokenFrom`, by its cookie under the service's
 * CSRF rules. Takes a fetch `Request`, its `Headers`, or any other request. Rejects with a {@link SessionError}, or a
 * TypeError for what is no request.
 */
export async function authenticate(
  sessions: EdgeValidator,
  request: AnyRequest,
  options: TokenSourceOptions = {},
): Promise<EdgeAuth> {
  return createLaterAuthenticator(sessions, options)(request) as Promise<EdgeAuth>
}
