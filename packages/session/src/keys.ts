// Reads the keys that verify tokens: secrets, public keys and PASETO keys.
import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto'

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

/** An EC public key as JSON (RFC 7517). Declared here, since Node's type of this name moves between versions of `@types/node`. */
export interface JsonWebKey {
  readonly kty?: string | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly kid?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: readonly string[] | undefined
  readonly alg?: string | undefined
}

/** A JSON Web Key Set (RFC 7517). */
export interface JsonWebKeySet {
  readonly keys: readonly JsonWebKey[]
}

/** Public keys by `kid`, each as PEM text, JWK or KeyObject; or a JSON Web Key Set. */
export type PublicKeys = JsonWebKeySet | Readonly<Record<string, string | JsonWebKey | KeyObject>>

/** The form of a `kid`. Any other is refused before it is looked up. */
export const KID = /^[\w.~-]{1,128}$/

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
  for (const [kid, material] of pairs) {
    if (typeof kid !== 'string' || !KID.test(kid))
      throw new TypeError('every public key must have a kid of 1 to 128 characters: A-Z, a-z, 0-9, _ . ~ -')
    found.set(kid, publicKey(material))
  }
  if (found.size === 0) throw new TypeError('publicKeys must not be empty')
  return found
}

/** Whether the members that restrict a key (RFC 7517 sections 4.2 to 4.4) allow it to verify ES256, and nothing else. */
export const isForVerifying = ({ use = 'sig', key_ops: operations = ['verify'], alg = 'ES256' }: JsonWebKey): boolean =>
  use === 'sig' && alg === 'ES256' && Array.isArray(operations) && operations.join() === 'verify'

/** Reads an ES256 public key. Throws a TypeError for any other kind of key, and for a private key. */
export function publicKey(material: string | JsonWebKey | KeyObject): VerificationKey {
  const isPrivate = typeof material === 'string' ? material.includes('PRIVATE KEY') : 'd' in material
  if (isPrivate) throw new TypeError('publicKeys must not contain a private key')
  if (typeof material === 'object' && !(material instanceof KeyObject) && !isForVerifying(material))
    throw new TypeError(
      'a JWK must be for verifying ES256: its use "sig", its key_ops ["verify"], its alg "ES256", or absent',
    )
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
