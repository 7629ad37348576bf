// The token by which Apple knows the sender.
import type { KeyObject } from 'node:crypto'
import { signToken } from '../signed-tokens.js'

/** Apple accepts a token for an hour, and refuses senders that make one more often than every 20 minutes. */
const RENEW_AFTER_MS = 40 * 60_000
const SOONEST_MS = 20 * 60_000

export interface ApnsKey {
  /** ES256. */
  privateKey: KeyObject
  keyId: string
  teamId: string
}

export function createProviderToken({ privateKey, keyId, teamId }: ApnsKey, now: () => number = Date.now) {
  let made: { token: string; at: number } | null = null

  return {
    current(): string {
      if (made && now() - made.at < RENEW_AFTER_MS) return made.token
      const at = now()
      const claims = { iss: teamId, iat: Math.floor(at / 1000) }
      made = { token: signToken(claims, { algorithm: 'ES256', privateKey, keyId }), at }
      return made.token
    },

    /** Apple says that the token has expired. One that is new is not the reason. */
    expire(token: string): void {
      if (made?.token === token && now() - made.at >= SOONEST_MS) made = null
    },
  }
}
