// The keys of the validator for the edge: secrets, public keys, or keys behind a URL.
import type { Header } from './compact-jwt.js'
import { createEdgeRemoteKeys } from './edge-remote-keys.js'
import { SessionError } from './errors.js'
import {
  checkedKid,
  isForVerifying,
  NOT_FOR_VERIFYING,
  type JsonWebKey,
  type JsonWebKeySet,
  type PublicJwk,
} from './jwk.js'
import { importPublicKey, importSecret, type WebKey } from './web-crypto.js'

/** The keys that a validator accepts, at least one. */
export interface EdgeKeyOptions {
  /** ES256: where the service publishes its keys, `https://…/.well-known/jwks.json`. */
  readonly jwksUrl?: string
  /** ES256: public keys as JWK by `kid`, or a JSON Web Key Set. */
  readonly publicKeys?: JsonWebKeySet | Readonly<Record<string, JsonWebKey>>
  /** HS256: the service's JWT_SECRET, and the previous one while it rotates. Its holder can also issue tokens. */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
}

/** Finds the keys for a header. Rejects with a SessionError if there is none, or none yet. */
export type FindKeys = (header: Header) => Promise<readonly WebKey[]>

interface Fetching {
  readonly fetch: typeof fetch
  readonly onError: (error: Error) => void
}

/** Reads the options. Throws a TypeError for a key of another kind. */
export function createEdgeKeys({ jwksUrl, publicKeys, secret, ...fetching }: EdgeKeyOptions & Fetching): FindKeys {
  const secrets = [secret ?? []].flat().map((one) => imported(secretBytes(one), importSecret))
  const known = publicKeys && new Map(pairs(publicKeys).map(([kid, jwk]) => [kid, imported(jwk, importPublicKey)]))
  const remote = jwksUrl === undefined ? null : createEdgeRemoteKeys({ url: jwksUrl, ...fetching })
  if (secrets.length === 0 && !known && !remote)
    throw new TypeError('at least one of jwksUrl, publicKeys and secret is required')

  return async ({ algorithm, kid }) => {
    if (algorithm === 'HS256') {
      if (secrets.length === 0) throw new SessionError('wrong_algorithm')
      return Promise.all(secrets.map((key) => key()))
    }
    if (!remote && !known) throw new SessionError('wrong_algorithm')
    if (kid === undefined) throw new SessionError('unknown_key')
    if (remote) return [await remote(kid)]
    const key = known?.get(kid)
    if (!key) throw new SessionError('unknown_key')
    return [await key()]
  }
}

/**
 * Imports a key when it is first used. Keeps the key and not the promise: in Cloudflare Workers, a request that waits for the
 * promise of another one can wait forever.
 */
function imported<Material>(material: Material, importKey: (material: Material) => Promise<WebKey>) {
  let key: WebKey | undefined
  return async (): Promise<WebKey> => (key ??= await importKey(material))
}

function secretBytes(secret: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : Uint8Array.from(secret)
  if (bytes.length < 32) throw new TypeError('secret must have at least 32 bytes')
  return bytes
}

function pairs(given: JsonWebKeySet | Readonly<Record<string, JsonWebKey>>): [kid: string, jwk: PublicJwk][] {
  const all = isKeySet(given) ? given.keys.map((jwk) => [jwk.kid, jwk] as const) : Object.entries(given)
  if (all.length === 0) throw new TypeError('publicKeys must not be empty')
  return all.map(([kid, jwk]) => [checkedKid(kid), publicJwk(jwk)])
}

function publicJwk(jwk: JsonWebKey): PublicJwk {
  if (typeof jwk !== 'object') throw new TypeError('publicKeys must be JSON Web Keys')
  if ('d' in jwk) throw new TypeError('publicKeys must not contain a private key')
  if (!isForVerifying(jwk)) throw new TypeError(NOT_FOR_VERIFYING)
  const { kty, crv, x, y } = jwk
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string')
    throw new TypeError('a public key must be EC P-256')
  return { kty, crv, x, y }
}

const isKeySet = (given: object): given is JsonWebKeySet => Array.isArray((given as JsonWebKeySet).keys)
