// How long an access token lasts, and when to replace it.

/** Minimum remaining lifetime of a returned token. */
const MIN_REMAINING_MS = 30_000

/** Two moments of this device's clock, in milliseconds. */
export interface TokenTimes {
  /** From then on, the token is refreshed before it is returned. */
  readonly renewAt: number
  /** From then on, the token is refused. */
  readonly expiresAt: number
}

/** Counts from now, when the token has just arrived. A short-lived token is renewed in the last quarter of its life. */
export function timesOf(token: string, expiresAt: string): TokenTimes {
  const lifetime = lifetimeOf(token, expiresAt)
  const end = Date.now() + lifetime
  return { renewAt: end - Math.min(MIN_REMAINING_MS, lifetime / 4), expiresAt: end }
}

/** Milliseconds. A JWT says it in its own claims, whatever this device's clock shows; a PASETO is opaque. */
function lifetimeOf(token: string, expiresAt: string): number {
  try {
    const [, payload = ''] = token.split('.')
    const { exp, iat } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp: number; iat: number }
    // Both are rounded down to whole seconds: the last one may have passed when the token arrives.
    if (exp > iat) return (exp - iat - 1) * 1000
  } catch {
    // Not a JWT.
  }
  return Date.parse(expiresAt) - Date.now()
}
