import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** What a refresh token says of itself, before its MAC is checked. */
export interface ParsedRefreshToken {
  sessionId: string
  /** Which rotation it is of: the row's counter while it is the latest. */
  counter: number
  mac: string
}

export type RefreshTokens = ReturnType<typeof createRefreshTokens>

/**
 * Refresh tokens are derived, not stored: `sid.n.mac`, where mac is HMAC-SHA256 over session id, n and the session's random
 * seed. The row holds n and the seed, no token; the key is not in the database. Neither alone forges one.
 */
export function createRefreshTokens(secret: string) {
  const key = createSecretKey(Buffer.from(secret))

  function macOf(id: string, counter: number, seed: Uint8Array): Buffer {
    return createHmac('sha256', key).update(`postern-refresh-v1\n${id}\n${counter}\n`).update(seed).digest()
  }

  return {
    derive(session: { id: string; counter: number; seed: Uint8Array }): string {
      const { id, counter, seed } = session
      return `${id}.${counter}.${macOf(id, counter, seed).toString('base64url')}`
    },

    /** Null for what does not have the form of one. */
    parse(token: string): ParsedRefreshToken | null {
      const form = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9]\d{0,8})\.([\w-]{43})$/
      const [, sessionId, counter, mac] = form.exec(token) ?? []
      return sessionId && counter && mac ? { sessionId, counter: Number(counter), mac } : null
    },

    /** Whether this deployment has issued the token for the session of this seed. */
    isGenuine({ sessionId, counter, mac }: ParsedRefreshToken, seed: Uint8Array): boolean {
      const expected = macOf(sessionId, counter, seed).toString('base64url')
      // Compared as text: base64url has several spellings of the same bytes.
      return timingSafeEqual(Buffer.from(expected), Buffer.from(mac))
    },
  }
}
