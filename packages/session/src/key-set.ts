// Fetches a JSON Web Key Set.
import { readKeySet, type PublicJwk } from './jwk.js'

/** How long a fetch may take. */
export const FETCH_WITHIN_MS = 5000

/** An unknown `kid` causes a fetch at most this often, so invented ones can't put load on the service. */
export const UNKNOWN_KID_EVERY_MS = 30_000

/** After this time a failed fetch is repeated. */
export const RETRY_MS = 5000

const MAX_SET_BYTES = 256 * 1024
const DEFAULT_LIFETIME_SECONDS = 300

/** A fetched key set, and how long it may be used. */
export interface FetchedKeys {
  readonly keys: ReadonlyMap<string, PublicJwk>
  readonly lifetimeMs: number
}

/** Looks the global fetch up at each call: some runtimes and tests replace it. */
export const globalFetch = (...request: Parameters<typeof fetch>): Promise<Response> => globalThis.fetch(...request)

/** Refuses a URL that no fetch could use. */
export function checkedJwksUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new TypeError('jwksUrl must be an http or https URL')
  return url
}

/** Fetches the ES256 keys of a set. Follows no redirect: only the configured URL may name keys. */
export async function fetchKeySet(
  url: string,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<FetchedKeys> {
  // Not 'error', which workerd lacks.
  const response = await fetch(url, { redirect: 'manual', signal, headers: { accept: 'application/json' } })
  // An unread body would keep the connection open.
  if (!response.ok) void response.body?.cancel().catch(() => {})
  if (isRedirect(response)) throw new Error(`the JWKS URL redirects${targetOf(response)}; use the final URL`)
  if (!response.ok) throw new Error(`the JWKS URL answered with status ${response.status}`)
  const keys = readKeySet(await readText(response))
  return { keys, lifetimeMs: lifetime(response.headers.get('cache-control')) * 1000 }
}

const isRedirect = ({ status, type }: Response): boolean => type === 'opaqueredirect' || (status >= 300 && status < 400)

/** Only the origin: the rest may be secret. */
function targetOf({ headers, url }: Response): string {
  const target = headers.get('location')
  return target !== null && URL.canParse(target, url) ? ` to ${new URL(target, url).origin}` : ''
}

async function readText({ body }: Response): Promise<string> {
  if (!body) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  let [text, size] = ['', 0]
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length
    if (size > MAX_SET_BYTES) {
      void reader.cancel().catch(() => {})
      throw new Error('the key set at the JWKS URL is larger than 256 KiB')
    }
    text += decoder.decode(part.value, { stream: true })
  }
  return text + decoder.decode()
}

function lifetime(cacheControl: string | null): number {
  const maxAge = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(cacheControl ?? '')?.[1]
  return Math.min(Math.max(maxAge === undefined ? DEFAULT_LIFETIME_SECONDS : Number(maxAge), 10), 3600)
}
