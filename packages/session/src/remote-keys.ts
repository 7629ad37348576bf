// Fetches public keys from a JWKS URL and keeps them current.
import { SessionError } from './errors.js'
import { checkedJwksUrl, fetchKeySet, FETCH_WITHIN_MS, RETRY_MS, UNKNOWN_KID_EVERY_MS } from './key-set.js'
import { publicKey, type KeySource, type VerificationKey } from './keys.js'

export interface RemoteKeysOptions {
  readonly url: string
  readonly onError: (error: Error) => void
  readonly fetch?: typeof fetch
  /** A monotonic clock, in milliseconds. */
  readonly monotonic?: () => number
}

/** Public keys that are fetched from the service, and refreshed before they are needed. */
export interface RemoteKeys extends KeySource {
  /** Resolves after the first attempt, successful or not. */
  readonly firstFetch: Promise<void>
  /** Whether a key set has been fetched. */
  readonly loaded: boolean
  readonly counters: { fetches: number; failures: number }
  close(): void
}

/**
 * Keeps the keys of a JWKS URL. Only this URL is ever fetched: no URL from a token, and no redirect. Keys are fetched again
 * after their `Cache-Control` lifetime (10 s to 1 h). If that fails, the old ones stay.
 */
export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeys {
  const { onError, fetch = globalThis.fetch, monotonic = () => performance.now() } = options
  const url = checkedJwksUrl(options.url)
  const counters = { fetches: 0, failures: 0 }
  const closing = new AbortController()
  let keys = new Map<string, VerificationKey>()
  let loaded = false
  let underWay: Promise<void> | null = null
  let lastAttempt = -Infinity
  let lastSucceeded = false
  let timer: NodeJS.Timeout | undefined

  const load = async (): Promise<void> => {
    let again = RETRY_MS
    lastAttempt = monotonic()
    counters.fetches++
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(FETCH_WITHIN_MS)])
      const fetched = await fetchKeySet(url, fetch, signal)
      keys = replaceKeys(keys, new Map([...fetched.keys].map(([kid, jwk]) => [kid, publicKey(jwk)])))
      again = fetched.lifetimeMs
      loaded = lastSucceeded = true
    } catch (error) {
      lastSucceeded = false
      counters.failures++
      if (!closing.signal.aborted) onError(error as Error)
    }
    underWay = null
    if (!closing.signal.aborted) timer = setTimeout(() => void start(), again).unref()
  }
  const start = (): Promise<void> => {
    clearTimeout(timer)
    return (underWay ??= load())
  }

  return {
    firstFetch: start(),
    counters,
    get loaded() {
      return loaded
    },
    find(algorithm, kid) {
      if (algorithm !== 'ES256') throw new SessionError('wrong_algorithm')
      if (kid === undefined) throw new SessionError('unknown_key')
      const key = keys.get(kid)
      if (key) return [key]
      if (!underWay && monotonic() - lastAttempt >= UNKNOWN_KID_EVERY_MS) void start()
      throw new SessionError(underWay || !lastSucceeded ? 'keys_unavailable' : 'unknown_key')
    },
    close() {
      closing.abort()
      clearTimeout(timer)
    },
  }
}

/** Keeps the objects of unchanged keys, so that their tokens stay cached, and retires the keys that are gone. */
function replaceKeys(
  old: Map<string, VerificationKey>,
  fetched: Map<string, VerificationKey>,
): Map<string, VerificationKey> {
  for (const [kid, key] of old) {
    if (fetched.get(kid)?.key.equals(key.key)) fetched.set(kid, key)
    else key.retired = true
  }
  return fetched
}
