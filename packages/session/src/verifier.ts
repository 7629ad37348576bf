// The synchronous core of a validator: signature, claims, times and revocations.
import { checkBinding, checkTimes, expectations, readClaims, type ClaimOptions, type Claims } from './claims.js'
import { assertToken, PASETO_PREFIX } from './compact-jwt.js'
import { SessionError } from './errors.js'
import { createJwtReader } from './jwt.js'
import { pasetoKey, publicKeys, secretKey, type KeySource, type PublicKeys } from './keys.js'
import { createPasetoReader } from './paseto.js'
import { VerifiedTokens } from './verified-tokens.js'

/** Knows which tokens are revoked, and answers synchronously. */
export interface RevocationSource {
  /** Must rise whenever `isRevoked` may return true for a token for which it returned false before. */
  readonly version: number
  isRevoked(claims: Claims): boolean
}

/** The keys that a verifier accepts, at least one. For a rotation, give a list: each of its keys is accepted. */
export interface VerificationKeys {
  /** HS256: the service's JWT_SECRET, and the previous one while it rotates. Its holder can also issue tokens. */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
  /** ES256: public keys by `kid`, or a JSON Web Key Set. */
  readonly publicKeys?: PublicKeys
  /** PASETO v4.local: 32 bytes, or 64 hex characters. Its holder can also issue tokens. */
  readonly pasetoKey?: string | Uint8Array | readonly (string | Uint8Array)[]
}

/** Options of {@link createTokenVerifier}. */
export interface TokenVerifierOptions extends VerificationKeys, ClaimOptions {
  /** The number of verified tokens to cache, about 1 KB each. 0: none. Default 10,000. */
  readonly maxRememberedTokens?: number
  /** Knows the revoked tokens. Without it, no token is refused as revoked. */
  readonly revocations?: RevocationSource
  /** Keys that can change at any time. Replaces `publicKeys`. */
  readonly keySource?: KeySource
  /** The time in Unix milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

/** Verifies tokens synchronously. */
export interface TokenVerifier {
  /**
   * Returns the claims of a valid token. Throws a {@link SessionError} for any other. `key`: the thumbprint of the key that the
   * sender has proved to hold. A token that is bound to a key needs it, and every other one refuses it. `'any'` accepts both:
   * the program that gets the claims must then check a proof of the key in `cnf`.
   */
  readonly verify: (token: string, key?: string) => Claims
  /** The number of verified tokens in the cache. */
  readonly remembered: number
}

/**
 * Creates the synchronous core of a validator: signature, claims, times, revocations, and the cache of verified tokens. It
 * opens no connection. Throws a TypeError for invalid options.
 *
 * @example
 * ```ts
 * import { createTokenVerifier } from '@postern/session'
 *
 * const verifier = createTokenVerifier({ secret: 'at least 32 bytes that only the services know' })
 * const userOf = (token: string): string => verifier.verify(token).sub
 * ```
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { maxRememberedTokens = 10_000, now = Date.now } = options
  const expected = expectations(options)
  const { clockSkew } = expected
  const revocations = options.revocations ?? { version: 0, isRevoked: () => false }
  const readJwt = createJwtReader(keySource(options))
  const readPaseto = createPasetoReader(list(options.pasetoKey).map(pasetoKey))
  const tokens = new VerifiedTokens(maxRememberedTokens)

  const read = (token: string) =>
    token.startsWith(PASETO_PREFIX) ? { payload: readPaseto(token), key: null } : readJwt(token)

  return {
    get remembered() {
      return tokens.size
    },
    verify(token, key) {
      assertToken(token)
      const seconds = now() / 1000
      const known = tokens.get(token)
      if (known && !known.key?.retired) {
        if (seconds >= known.claims.exp + clockSkew) tokens.delete(known)
        checkTimes(known.claims, clockSkew, seconds)
        checkBinding(known.claims, key)
        if (known.checkedAt !== revocations.version) {
          if (revocations.isRevoked(known.claims)) throw new SessionError('revoked')
          known.checkedAt = revocations.version
        }
        return known.claims
      }
      const { payload, key: verifiedBy } = read(token)
      const claims = readClaims(payload, expected)
      checkTimes(claims, clockSkew, seconds)
      checkBinding(claims, key)
      const checkedAt = revocations.version
      if (revocations.isRevoked(claims)) throw new SessionError('revoked')
      tokens.set({ token, claims, key: verifiedBy, checkedAt }, seconds)
      return claims
    },
  }
}

/** Tries secrets one after the other, and finds public keys by `kid`. Neither kind ever verifies the other's tokens. */
function keySource(options: TokenVerifierOptions): KeySource {
  const secrets = list(options.secret).map(secretKey)
  const known = options.publicKeys ? publicKeys(options.publicKeys) : null
  const { keySource: changing } = options
  if (secrets.length === 0 && !known && !changing && list(options.pasetoKey).length === 0) {
    throw new TypeError('at least one of jwksUrl, publicKeys, secret and pasetoKey is required')
  }
  return {
    find(algorithm, kid) {
      if (algorithm === 'HS256') {
        if (secrets.length === 0) throw new SessionError('wrong_algorithm')
        return secrets
      }
      if (changing) return changing.find(algorithm, kid)
      if (!known) throw new SessionError('wrong_algorithm')
      const key = kid === undefined ? undefined : known.get(kid)
      if (!key) throw new SessionError('unknown_key')
      return [key]
    },
  }
}

function list<T extends string | Uint8Array>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return []
  return Array.isArray(given) ? (given as readonly T[]) : [given as T]
}
