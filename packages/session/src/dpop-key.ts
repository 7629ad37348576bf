// Reads the public key in the header of a DPoP proof.
import type { JWK } from 'jose'
import { SessionError } from './errors.js'

/** 256 bits in base64url. */
const COORDINATE = /^[\w-]{43}$/

/** 2048 to 4096 bits: verifying with a larger key takes long. */
const MODULUS = /^[\w-]{342,683}$/

/** What only a private or a secret key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export const invalidProof = (detail: string): SessionError => new SessionError('invalid_proof', { detail })

const matches = (form: RegExp, value: unknown): value is string => typeof value === 'string' && form.test(value)

/** The members that make the key, and no others. Throws a SessionError unless it is a public key for the algorithm. */
export function publicKeyOf({ alg, jwk }: { alg?: string | undefined; jwk?: unknown }): JWK {
  if (typeof jwk !== 'object' || jwk === null) throw invalidProof('its header has no jwk')
  const { kty, crv, x, y, n, e } = jwk as Record<string, unknown>
  if (PRIVATE_MEMBERS.some((member) => member in jwk))
    throw invalidProof('its jwk contains a private key, which is no secret any more')
  if (alg === 'ES256' && kty === 'EC' && crv === 'P-256' && matches(COORDINATE, x) && matches(COORDINATE, y))
    return { kty, crv, x, y }
  if ((alg === 'EdDSA' || alg === 'Ed25519') && kty === 'OKP' && crv === 'Ed25519' && matches(COORDINATE, x))
    return { kty, crv, x }
  // Another exponent could make verifying slow.
  if (alg === 'PS256' && kty === 'RSA' && matches(MODULUS, n) && e === 'AQAB') return { kty, n, e }
  throw invalidProof('its jwk is not a key for its alg')
}
