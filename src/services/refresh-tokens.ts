import { createHmac } from 'node:crypto'

/**
 * The refresh token of rotation `n`: `sid.n.mac`, where mac is HMAC-SHA256 over session id, n and the session's random
 * seed. The row holds n and the seed, no token; the key is not in the database. Neither alone forges one.
 */
export function deriveRefreshToken(key: string, session: { id: string; counter: number; seed: Uint8Array }): string {
  const { id, counter, seed } = session
  const mac = createHmac('sha256', key).update(`postern-refresh-v1\n${id}\n${counter}\n`).update(seed)
  return `${id}.${counter}.${mac.digest('base64url')}`
}
