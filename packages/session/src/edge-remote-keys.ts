// Fetches public keys from a JWKS URL when a request needs them. There is no timer: many runtimes have none between requests.
import { SessionError } from './errors.js'
import { checkedJwksUrl, fetchKeySet, FETCH_WITHIN_MS, RETRY_MS, UNKNOWN_KID_EVERY_MS } from './key-set.js'
import { importPublicKey, type WebKey } from './web-crypto.js'

export interface EdgeRemoteKeysOptions {
  readonly url: string
  readonly fetch: typeof fetch
  readonly onError: (error: Error) => void
  /** A clock in milliseconds that is never set back. */
  readonly monotonic?: () => number
}

/**
 * Finds keys by `kid`, with the rules of the validator for Node.js: only this URL is fetched, an unknown `kid` causes a
 * fetch at most once in 30 s, keys are used for their `Cache-Control` lifetime, and the old ones stay if a fetch fails.
 *
 * No request waits for the fetch of another one. Cloudflare Workers abort a fetch with the request that started it, and
 * the others would wait forever. So before the first success, each request fetches for itself.
 */
export function createEdgeRemoteKeys(options: EdgeRemoteKeysOptions): (kid: string) => Promise<WebKey> {
  const { fetch, onError, monotonic = () => performance.now() } = options
  const url = checkedJwksUrl(options.url)
  let keys: ReadonlyMap<string, WebKey> | null = null
  let expiresAt = -Infinity
  let attempt: { readonly startedAt: number; outcome: 'pending' | 'succeeded' | 'failed' } | null = null

  function isDue(isKnown: boolean): boolean {
    if (!attempt) return true
    const age = monotonic() - attempt.startedAt
    if (isKnown) return monotonic() >= expiresAt && age >= RETRY_MS
    if (attempt.outcome === 'succeeded') return age >= UNKNOWN_KID_EVERY_MS
    // A pending attempt of that age was aborted with its request.
    return age >= RETRY_MS || (keys === null && attempt.outcome === 'pending')
  }

  async function load(): Promise<void> {
    const current: NonNullable<typeof attempt> = { startedAt: monotonic(), outcome: 'pending' }
    attempt = current
    try {
      const fetched = await fetchKeySet(url, fetch, AbortSignal.timeout(FETCH_WITHIN_MS))
      const pairs = [...fetched.keys].map(async ([kid, jwk]) => [kid, await importPublicKey(jwk)] as const)
      keys = new Map(await Promise.all(pairs))
      expiresAt = monotonic() + fetched.lifetimeMs
      current.outcome = 'succeeded'
    } catch (error) {
      current.outcome = 'failed'
      onError(error as Error)
    }
  }

  return async (kid) => {
    if (isDue(keys?.has(kid) === true)) await load()
    const key = keys?.get(kid)
    if (key) return key
    throw new SessionError(attempt?.outcome === 'succeeded' ? 'unknown_key' : 'keys_unavailable')
  }
}
