// Writes the heads of successful responses, of which many are the same except for an id and a length.
import type { ServerResponse } from 'node:http'
import type { FlatHeaders } from './security-headers.js'

interface Head {
  requestId: string
  contentType: string
  /** Values of Set-Cookie. */
  cookies: readonly string[]
  /** Those of every response: the same array each time, as long as they are the same. */
  headers: FlatHeaders
  /** In bytes. */
  length: number
}

/** What Node.js wrote before the id, between the id and the length, and after it. */
interface Template {
  parts: readonly [string, string, string]
  /** By `performance.now()`. */
  expiresAt: number
}

/** Private to Node.js: the bytes of the head, once `writeHead` has made them. */
interface WithHeader {
  _header?: unknown
}

/**
 * Node.js writes the first head of each second, because heads contain the date. The others repeat its bytes: to check and
 * join 14 headers takes a twelfth of a username check. If Node.js kept the bytes elsewhere, it would write all heads.
 */
export function createHeadWriter() {
  const templates = new WeakMap<FlatHeaders, Map<string, Template>>()

  function templateOf(headers: FlatHeaders, contentType: string): Template | undefined {
    const template = templates.get(headers)?.get(contentType)
    return template && performance.now() < template.expiresAt ? template : undefined
  }

  function learn({ headers, contentType, requestId, length }: Head, written: unknown): void {
    const parts = typeof written === 'string' ? split(written, requestId, length) : null
    // With such a head, Node.js also remembers to close the connection.
    if (!parts || /^connection: close$/im.test(parts.join(''))) return
    const byType = templates.get(headers) ?? new Map<string, Template>()
    templates.set(headers, byType)
    byType.set(contentType, { parts, expiresAt: performance.now() + 1000 - (Date.now() % 1000) })
  }

  return (response: ServerResponse, head: Head): void => {
    // Otherwise the connection ends with this response, and its head says so.
    const isOrdinary = response.shouldKeepAlive && head.cookies.length === 0
    const template = isOrdinary ? templateOf(head.headers, head.contentType) : undefined
    const { requestId, length } = head
    if (template) {
      const [before, between, after] = template.parts
      ;(response as WithHeader)._header = `${before}${requestId}${between}${length}${after}`
      return
    }
    response.writeHead(200, [
      ...['x-request-id', requestId, 'cache-control', 'no-store', 'content-type', head.contentType],
      ...head.cookies.flatMap((cookie) => ['set-cookie', cookie]),
      ...head.headers,
      ...['content-length', String(length)],
    ])
    if (isOrdinary) learn(head, (response as WithHeader)._header)
  }
}

/** Null if one of the two headers is not where it is expected. */
function split(written: string, requestId: string, length: number): Template['parts'] | null {
  const [before, afterId, ...others] = written.split(`\r\nx-request-id: ${requestId}\r\n`)
  if (before === undefined || afterId === undefined || others.length > 0) return null
  const [between, after, ...more] = afterId.split(`\r\ncontent-length: ${length}\r\n`)
  if (between === undefined || after === undefined || more.length > 0) return null
  return [`${before}\r\nx-request-id: `, `\r\n${between}\r\ncontent-length: `, `\r\n${after}`]
}
