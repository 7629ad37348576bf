// JSON Web Keys: their types, and which of them verify tokens.

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

/** The form of a `kid`. Any other is refused before it is looked up. */
export const KID: RegExp = /^[\w.~-]{1,128}$/

/** The part of an ES256 key that verifies signatures. */
export type PublicJwk = Readonly<Record<'kty' | 'crv' | 'x' | 'y', string>>

export const NOT_FOR_VERIFYING =
  'a JWK must be for verifying ES256: its use "sig", its key_ops ["verify"], its alg "ES256", or absent'

/** Whether the members that restrict a key (RFC 7517 sections 4.2 to 4.4) allow it to verify ES256, and nothing else. */
export const isForVerifying = ({ use = 'sig', key_ops: operations = ['verify'], alg = 'ES256' }: JsonWebKey): boolean =>
  use === 'sig' && alg === 'ES256' && Array.isArray(operations) && operations.join() === 'verify'

/** The ES256 keys of a fetched set by `kid`. Keys for other algorithms, uses or operations are skipped. */
export function readKeySet(json: string): Map<string, PublicJwk> {
  const { keys } = JSON.parse(json) as JsonWebKeySet
  const found = new Map<string, PublicJwk>()
  for (const jwk of keys) {
    const { kid, kty, crv, x, y } = jwk
    if (kty !== 'EC' || crv !== 'P-256' || !isForVerifying(jwk) || !kid || !KID.test(kid)) continue
    found.set(kid, { kty, crv, x: x as string, y: y as string })
  }
  if (found.size === 0) throw new Error('the key set at the JWKS URL has no ES256 key')
  return found
}

/** Refuses a `kid` of the options that no token could name. */
export function checkedKid(kid: string | undefined): string {
  if (typeof kid !== 'string' || !KID.test(kid))
    throw new TypeError('every public key must have a kid of 1 to 128 characters: A-Z, a-z, 0-9, _ . ~ -')
  return kid
}
