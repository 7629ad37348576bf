// Verifies signatures with WebCrypto.
import { decodeBase64url } from './base64url.js'
import type { Algorithm, CompactJwt } from './compact-jwt.js'
import type { PublicJwk } from './jwk.js'

const VERIFY = { HS256: { name: 'HMAC' }, ES256: { name: 'ECDSA', hash: 'SHA-256' } } as const
const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** The key of WebCrypto. Its type has a different place in the types of each runtime. */
export type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

const encoder = new TextEncoder()
/** Keeps a byte order mark, as Node.js does. JSON with one is then malformed. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const importSecret = (bytes: Uint8Array<ArrayBuffer>): Promise<WebKey> =>
  crypto.subtle.importKey('raw', bytes, HMAC, false, ['verify'])

/** Rejects with a TypeError for a point that is not on the curve. */
export async function importPublicKey({ kty, crv, x, y }: PublicJwk): Promise<WebKey> {
  try {
    return await crypto.subtle.importKey('jwk', { kty, crv, x, y }, ECDSA, false, ['verify'])
  } catch (cause) {
    throw new TypeError('a public key must be EC P-256', { cause })
  }
}

/** The text in a part of a token. */
export const decodeText = (segment: string): string => decoder.decode(decodeBase64url(segment))

/** Whether one of these keys made the signature. */
export async function isSignedBy(
  keys: readonly WebKey[],
  algorithm: Algorithm,
  { input, signature }: CompactJwt,
): Promise<boolean> {
  const [made, data] = [decodeBase64url(signature), encoder.encode(input)]
  for (const key of keys) {
    // Some runtimes reject a signature whose numbers are out of range, instead of answering false.
    if (await crypto.subtle.verify(VERIFY[algorithm], key, made, data).catch(() => false)) return true
  }
  return false
}
