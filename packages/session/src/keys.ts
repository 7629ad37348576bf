// Reads the keys that verify tokens: secrets, public keys and PASETO keys.
import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto'
import { checkedKid, isForVerifying, NOT_FOR_VERIFYING, type JsonWebKey, type JsonWebKeySet } from './jwk.js'

export type { JsonWebKey, JsonWebKeySet } from './jwk.js'

/** A key that verifies one algorithm only. So a public key can never be used as an HMAC secret. */
export interface VerificationKey {
  readonly algorithm: 'HS256' | 'ES256'
  readonly key: KeyObject
  /** Set when the key is withdrawn. Cached tokens that it verified no longer count. */
  retired: boolean
}

/** Finds the keys of a verifier. Throws a SessionError if there is none, or none yet. */
export interface KeySource {
  find(algorithm: 'HS256' | 'ES256', kid: string | undefined): readonly VerificationKey[]
}

/** Public keys by `kid`, each as PEM text, JWK or KeyObject; or a JSON Web Key Set. */
export type PublicKeys = JsonWebKeySet | Readonly<Record<string, string | JsonWebKey | KeyObject>>

/** An HS256 secret: at least 32 bytes (RFC 7518 section 3.2), text as UTF-8. Throws a TypeError for a shorter one. */
export function secretKey(secret: string | Uint8Array): VerificationKey {
  const bytes = Buffer.from(secret)
  if (bytes.length < 32) throw new TypeError('secret must have at least 32 bytes')
  return { algorithm: 'HS256', key: createSecretKey(bytes), retired: false }
}

/** Reads the public keys of the options. Throws a TypeError for a key that is not EC P-256. */
export function publicKeys(given: PublicKeys): Map<string, VerificationKey> {
  const pairs = isKeySet(given) ? given.keys.map((jwk) => [jwk.kid, jwk] as const) : Object.entries(given)
  const found = new Map<string, VerificationKey>()
  for (const [kid, material] of pairs) found.set(checkedKid(kid), publicKey(material))
  if (found.size === 0) throw new TypeError('publicKeys must not be empty')
  return found
}

/** Reads an ES256 public key. Throws a TypeError for any other kind of key, and for a private key. */
export function publicKey(material: string | JsonWebKey | KeyObject): VerificationKey {
  const isPrivate = typeof material === 'string' ? material.includes('PRIVATE KEY') : 'd' in material
  if (isPrivate) throw new TypeError('publicKeys must not contain a private key')
  if (typeof material === 'object' && !(material instanceof KeyObject) && !isForVerifying(material))
    throw new TypeError(NOT_FOR_VERIFYING)
  const key =
    material instanceof KeyObject
      ? material
      : createPublicKey(
          typeof material === 'string' ? material : { key: material as Record<string, string>, format: 'jwk' },
        )
  if (
    key.type !== 'public' ||
    key.asymmetricKeyType !== 'ec' ||
    key.asymmetricKeyDetails?.namedCurve !== 'prime256v1'
  ) {
    throw new TypeError('a public key must be EC P-256')
  }
  return { algorithm: 'ES256', key, retired: false }
}

/** Reads a PASETO v4.local key: 32 bytes, or 64 hex characters. Throws a TypeError for anything else. */
export function pasetoKey(key: string | Uint8Array): Buffer {
  const bytes = typeof key === 'string' ? Buffer.from(/^[0-9a-f]{64}$/i.test(key) ? key : '', 'hex') : Buffer.from(key)
  if (bytes.length !== 32) throw new TypeError('pasetoKey must be 64 hex characters or 32 bytes: openssl rand -hex 32')
  return bytes
}

const isKeySet = (given: PublicKeys): given is JsonWebKeySet => Array.isArray((given as JsonWebKeySet).keys)
