// Decides where a page may send the browser after signing in, so that no link can make it an open redirect.

/** No whitespace, control characters or backslashes: browsers and the URL standard read them differently. */
const UNSAFE = /[\s\\\p{Cc}]/u
const MAX_LENGTH = 2048

interface OwnAddress {
  /** As the browser named it, with its port: Host, or a trusted proxy's X-Forwarded-Host. */
  readonly host: string
  readonly allowedOrigins: readonly string[]
}

/**
 * The address to redirect to, or null when the target is refused. Allowed are paths, and absolute URLs of the service's own
 * host or of an allowed origin. What is on the own host becomes a path, whatever scheme a proxy has in front.
 */
export function returnTarget(target: unknown, { host, allowedOrigins }: OwnAddress): string | null {
  if (typeof target !== 'string' || target.length > MAX_LENGTH || UNSAFE.test(target)) return null
  const own = URL.parse(`http://${host}`)
  if (!own) return null
  if (target.startsWith('/')) return target.startsWith('//') ? null : pathOf(URL.parse(target, own.href))
  if (!/^https?:\/\//i.test(target)) return null
  const url = URL.parse(target)
  if (!url || url.username !== '' || url.password !== '') return null
  if (allowedOrigins.includes(url.origin)) return url.href
  return url.host === URL.parse(`${url.protocol}//${host}`)?.host ? pathOf(url) : null
}

/** A path that normalizes to `//evil.example` would lead to another host. */
function pathOf(url: URL | null): string | null {
  if (!url || url.pathname.startsWith('//')) return null
  return `${url.pathname}${url.search}${url.hash}`
}
