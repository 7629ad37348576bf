// Compares If-None-Match with an ETag (RFC 9110, section 13.1.2).
import type { IncomingHttpHeaders } from 'node:http'

/** Whether the client already has the content with this ETag. Accepts lists in If-None-Match, and `*`. */
export function hasCurrent({ headers }: { headers: IncomingHttpHeaders }, etag: string): boolean {
  const known = headers['if-none-match']?.split(',').map((item) => opaque(item.trim()))
  return known?.some((item) => item === '*' || item === opaque(etag)) ?? false
}

/** Without the mark of a weak ETag: If-None-Match compares weakly. */
const opaque = (etag: string): string => etag.replace(/^W\//, '')
