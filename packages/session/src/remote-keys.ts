// Fetches public keys from a JWKS URL and keeps them current.
import { SessionError } from './errors.js'
import { isForVerifying, KID, publicKey, type JsonWebKeySet, type KeySource, type VerificationKey } from './keys.js'

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

const FETCH_WITHIN_MS = 5000
const MAX_SET_BYTES = 256 * 1024
/** An unknown `kid` causes a fetch at most this often, so invented ones can't put load on the service. */
const UNKNOWN_KID_EVERY_MS = 30_000
const DEFAULT_LIFETIME_SECONDS = 300
const RETRY_MS = 5000

/**
 * Keeps the keys of a JWKS URL. Only this URL is ever fetched: no URL from a token, and no redirect. Keys are fetched again
 * after their `Cache-Control` lifetime (10 s to 1 h). If that fails, the old ones stay.
 */
export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeys {
  const { url, onError, fetch = globalThis.fetch, monotonic = () => performance.now() } = options
  if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError('jwksUrl must be an http or https URL')
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
      const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } })
      if (!response.ok) throw new Error(`the JWKS URL answered with status ${response.status}`)
      keys = replaceKeys(keys, readKeySet(await readText(response)))
      again = lifetime(response.headers.get('cache-control')) * 1000
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

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MAX_SET_BYTES) throw new Error('the key set at the JWKS URL is larger than 256 KiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The ES256 keys of a set. Keys for other algorithms, uses or operations are skipped. */
function readKeySet(json: string): Map<string, VerificationKey> {
  const { keys } = JSON.parse(json) as JsonWebKeySet
  const found = new Map<string, VerificationKey>()
  for (const jwk of keys) {
    const { kid, kty, crv, x, y } = jwk
    if (kty !== 'EC' || crv !== 'P-256' || !isForVerifying(jwk) || !kid || !KID.test(kid)) continue
    found.set(kid, publicKey({ kty, crv, x, y }))
  }
  if (found.size === 0) throw new Error('the key set at the JWKS URL has no ES256 key')
  return found
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

function lifetime(cacheControl: string | null): number {
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(cacheControl ?? '')?.[1]
  return Math.min(Math.max(maxAge === undefined ? DEFAULT_LIFETIME_SECONDS : Number(maxAge), 10), 3600)
}
