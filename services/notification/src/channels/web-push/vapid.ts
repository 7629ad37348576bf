// Says to a push service who sends (VAPID, RFC 8292): a short-lived token for this push service, and the key that has signed it.
import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto'
import { signToken } from '../signed-tokens.js'

/** RFC 8292 allows a day. */
const LIFE_SECONDS = 3600

const PRIVATE_KEY_BYTES = 32

export interface VapidKeys {
  /** An uncompressed point of P-256 in base64url: the `applicationServerKey` of browsers. */
  publicKey: string
  privateKey: KeyObject
}

/** From a private key of P-256: 32 bytes in base64url, as other tools for Web Push print it. Throws if it is none. */
export function readVapidKey(d: string): VapidKeys {
  if (Buffer.from(d, 'base64url').length !== PRIVATE_KEY_BYTES) throw new RangeError('the key has not 32 bytes')
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(d, 'base64url')
  const point = ecdh.getPublicKey()
  const jwk = { kty: 'EC', crv: 'P-256', d, x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33) }
  return { publicKey: point.toString('base64url'), privateKey: createPrivateKey({ key: jwk, format: 'jwk' }) }
}

/**
 * The header `authorization` of requests to a push service. `subject`: how its operator reaches the sender, a `mailto:` or an
 * `https:` URL.
 */
export function vapidHeader(endpoint: URL, subject: string, { publicKey, privateKey }: VapidKeys, now: Date): string {
  const expires = Math.floor(now.getTime() / 1000) + LIFE_SECONDS
  const token = signToken({ aud: endpoint.origin, exp: expires, sub: subject }, { algorithm: 'ES256', privateKey })
  return `vapid t=${token}, k=${publicKey}`
}
