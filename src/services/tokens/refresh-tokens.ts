// Refresh tokens: derived from the session, not stored.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** The parts of a refresh token, before its MAC is checked. */
export interface ParsedRefreshToken {
  sessionId: string
  /** The number of its rotation. In the latest token it equals the counter of the session's row. */
  counter: number
  mac: string
}

export type RefreshTokens = ReturnType<typeof createRefreshTokens>

/**
 * The form is `sid.n.mac`, where mac is an HMAC-SHA256 of the session id, n and the session's random seed. The row contains
 * n and the seed; the key is not in the database. It takes both to forge a token.
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

    /** Returns null for text of another form. */
    parse(token: string): ParsedRefreshToken | null {
      const form = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(0|[1-9]\d{0,8})\.([\w-]{43})$/
      const [, sessionId, counter, mac] = form.exec(token) ?? []
      return sessionId && counter && mac ? { sessionId, counter: Number(counter), mac } : null
    },

    /** True if this deployment has issued the token, for the session with this seed. */
    isGenuine({ sessionId, counter, mac }: ParsedRefreshToken, seed: Uint8Array): boolean {
      const expected = macOf(sessionId, counter, seed).toString('base64url')
      // Compared as text: base64url can spell the same bytes in several ways.
      return timingSafeEqual(Buffer.from(expected), Buffer.from(mac))
    },
  }
}
