// Compares the URL that a DPoP proof is for with the URL of the request.
import { readHeaders, type AnyRequest } from './request-headers.js'

/** In characters. Longer URLs are refused unread. */
const MAX_URL_LENGTH = 2048

/** A character that means the same with and without percent-encoding (RFC 3986 section 2.3). */
const UNRESERVED = /[\w.~-]/

/**
 * The normal form of an http URL without its query and fragment (RFC 3986 sections 6.2.2 and 6.2.3). Null for any other
 * text, and for a URL with credentials.
 */
export function normalUrl(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > MAX_URL_LENGTH || !URL.canParse(text)) return null
  const { protocol, username, password, host, pathname } = new URL(text)
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return null
  const path = pathname.replace(/%[\da-f]{2}/gi, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16))
    return UNRESERVED.test(character) ? character : octet.toUpperCase()
  })
  return `${protocol}//${host}${path}`
}

/** Without the slash at the end. Throws a TypeError for what can't begin the URL of a request. */
export function baseUrl(text: string): string {
  const url = normalUrl(text)
  if (url === null || /[?#]/.test(text))
    throw new TypeError('urls must be http or https URLs, such as https://api.example.com')
  return url.replace(/\/$/, '')
}

/** What a proof of a request is compared with. */
export interface ProvedRequest {
  readonly header: string | undefined
  readonly method: string
  /** The path, as the client sent it. */
  readonly path: string
}

/** Reads a request. Throws a TypeError for one without method and URL, such as `Headers` alone. */
export function provedRequest(request: AnyRequest): ProvedRequest {
  // Routers of Express and Fastify may change `url`.
  const { method, url, originalUrl } = request as { method?: unknown; url?: unknown; originalUrl?: unknown }
  const sent = originalUrl ?? url
  if (typeof method !== 'string' || typeof sent !== 'string')
    throw new TypeError('DPoP needs the whole request, with its method and URL')
  const path = URL.canParse(sent) ? new URL(sent).pathname : (sent.split(/[?#]/, 1)[0] ?? '')
  return { header: readHeaders(request).get('dpop'), method, path }
}
