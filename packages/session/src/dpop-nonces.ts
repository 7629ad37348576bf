// Nonces for DPoP proofs (RFC 9449 section 8): they say when the service has issued them, and nothing is stored.
import { decodeBase64url, encodeBase64url, isCanonical } from './base64url.js'

/** A nonce is accepted in its own period, the next one, and the one before: another server's clock may be ahead. */
export const NONCE_PERIOD_SECONDS = 60

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const

/** The number of the period in base 36, and the MAC of it. */
const FORM = /^([\da-z]{1,8})\.([\w-]{43})$/

/** `now` returns Unix seconds. Throws a TypeError for a short secret. */
export function createNonces(secret: string | Uint8Array, now: () => number) {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : Uint8Array.from(secret)
  if (bytes.length < 32) throw new TypeError('nonce.secret must have at least 32 bytes')
  const current = () => Math.floor(now() / NONCE_PERIOD_SECONDS)
  const messageOf = (period: number) => new TextEncoder().encode(`postern dpop nonce v1\n${period}`)
  const importKey = () => crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign', 'verify'])
  // The key, not its promise: in Cloudflare Workers, one request can't wait for the promise of another.
  let key: Awaited<ReturnType<typeof importKey>> | undefined

  return {
    async issue(): Promise<string> {
      key ??= await importKey()
      const period = current()
      const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, messageOf(period)))
      return `${period.toString(36)}.${encodeBase64url(mac)}`
    },

    /** Whether it was issued a short time ago. */
    async isFresh(nonce: string): Promise<boolean> {
      const [, digits = '', mac = ''] = FORM.exec(nonce) ?? []
      const period = Number.parseInt(digits, 36)
      if (!(Math.abs(period - current()) <= 1) || !isCanonical(mac)) return false
      key ??= await importKey()
      return crypto.subtle.verify('HMAC', key, decodeBase64url(mac), messageOf(period))
    },
  }
}
