/** What the decision whether a request may use cookies is made of. */
export interface CookieRequest {
  method: string
  /** As the browser named it: Host, or a trusted proxy's X-Forwarded-Host. */
  host: string
  headers: Readonly<Record<string, string | string[] | undefined>>
}

/** A page's script sets this to use cookies. A page of an origin that is not listed cannot: its browser asks first. */
const HEADER = 'x-postern-cookies'

export const asksForCookies = ({ headers }: CookieRequest): boolean => headers[HEADER] === '1'

/**
 * Why a request may not read or be given cookies; null when it may. SameSite=Strict keeps other sites out by itself;
 * this keeps out the rest of the own site too, and the browsers in which SameSite fails (OWASP ASVS 5.0, 3.5.1).
 */
export function refusalOf(request: CookieRequest, allowedOrigins: readonly string[]): string | null {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (!asksForCookies(request)) return `Signing in with cookies needs the header ${HEADER}: 1.`
  // Listed or not: to such a page the browser gives no SameSite=Strict cookies, so signing in would lead nowhere.
  if (site === 'cross-site')
    return 'The page is on another site than this service, where browsers keep no such cookies.'
  if (origin === undefined) {
    // Browsers send Origin with every POST. They leave it out of a page's GET to its own origin, and then say so here,
    // in a header that no script can set.
    return request.method === 'GET' && site === 'same-origin' ? null : 'Signing in with cookies needs an Origin header.'
  }
  const allowed = typeof origin === 'string' && (allowedOrigins.includes(origin) || isOwn(origin, request.host))
  return allowed ? null : 'This origin may not sign in with cookies: it is not one of ALLOWED_ORIGINS.'
}

/** Whether the page was served from the host it calls, over what browsers keep Secure cookies of. */
function isOwn(origin: string, host: string): boolean {
  const page = URL.parse(origin)
  if (page?.origin !== origin || !isSecure(page)) return false
  return URL.parse(`${page.protocol}//${host}`)?.host === page.host
}

/** By the scheme of the page, not of this connection: TLS may end at a proxy. */
const isSecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname))
