// The cookies of the service, and the rules for requests that use them.

/** The cookie of the access token. Browsers let no other host, not even a subdomain, set or shadow a `__Host-` cookie. */
export const ACCESS_COOKIE = '__Host-postern-access'

/** The cookie of the refresh token. Only the service reads it. */
export const REFRESH_COOKIE = '__Host-postern-refresh'

/** The cookie by which a login recognizes a browser that has signed in before. Only the service reads it. */
export const DEVICE_COOKIE = '__Host-postern-device'

/**
 * The cookie that binds a sign-in at a provider to the browser that began it. SameSite=Lax, so that it comes back with the
 * browser. Only the service reads it.
 */
export const OAUTH_COOKIE = '__Host-postern-oauth'

/** What decides whether a request may use cookies. */
export interface CookieRequest {
  readonly method?: string | undefined
  /** As the browser named it: Host, or X-Forwarded-Host of a trusted proxy. */
  readonly host?: string | undefined
  readonly headers: {
    readonly origin?: string | string[] | undefined
    readonly 'sec-fetch-site'?: string | string[] | undefined
    readonly 'x-postern-cookies'?: string | string[] | undefined
  }
}

/** Why a request may not use cookies. */
export type CookieRefusal = 'missing_header' | 'cross_site' | 'missing_origin' | 'foreign_origin'

export const COOKIE_REFUSAL_MESSAGES: Record<CookieRefusal, string> = {
  missing_header: 'Cookies need the request header x-postern-cookies: 1.',
  cross_site: 'The page is on another site, and browsers keep no such cookies there.',
  missing_origin: 'Cookies need the request header Origin.',
  foreign_origin: 'This origin is not allowed to use cookies.',
}

/** Whether a page requests cookies. From a page of another origin, browsers send this header only after a preflight. */
export const requestsCookies = ({ headers }: CookieRequest): boolean => headers['x-postern-cookies'] === '1'

/**
 * Why a request may not use cookies, or null if it may. SameSite=Strict alone keeps other sites out. These rules also
 * keep out the other hosts of the same site, and hold where a browser gets SameSite wrong (OWASP ASVS 5.0, 3.5.1).
 */
export function cookieRefusal(request: CookieRequest, allowedOrigins: readonly string[]): CookieRefusal | null {
  const { origin, 'sec-fetch-site': site } = request.headers
  if (!requestsCookies(request)) return 'missing_header'
  // Listed or not: browsers send no SameSite=Strict cookies from such a page, so signing in there would lead nowhere.
  if (site === 'cross-site') return 'cross_site'
  if (origin === undefined) {
    // Browsers send Origin with every POST. They omit it only in a GET to the page's own origin, which they mark with
    // a header that no script can set.
    return request.method === 'GET' && site === 'same-origin' ? null : 'missing_origin'
  }
  const isAllowed = typeof origin === 'string' && (allowedOrigins.includes(origin) || isOwn(origin, request.host))
  return isAllowed ? null : 'foreign_origin'
}

/** Whether the page comes from the host that it calls, by a scheme for which browsers keep Secure cookies. */
function isOwn(origin: string, host: string | undefined): boolean {
  const page = parse(origin)
  if (page?.origin !== origin || !isSecure(page)) return false
  return host !== undefined && parse(`${page.protocol}//${host}`)?.host === page.host
}

const parse = (url: string): URL | null => (URL.canParse(url) ? new URL(url) : null)

/** By the scheme of the page, not of this connection: TLS may end at a proxy. */
const isSecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname))

/**
 * The token in a cookie, or null. Libraries are more lenient: they take the first of two cookies of one name, and undo
 * quotes and percent signs. Postern writes neither, so such a cookie comes from elsewhere and is ignored.
 */
export function readCookie(header: string | undefined, name: string): string | null {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.replace(/^ /, ''))
    .flatMap((pair) => (pair.startsWith(`${name}=`) ? [pair.slice(name.length + 1)] : []))
  const [value = ''] = values
  return values.length === 1 && /^[\w.-]{1,4096}$/.test(value) ? value : null
}
