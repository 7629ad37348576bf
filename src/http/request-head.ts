import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** A request id that a proxy gave is kept when it is harmless in a log line. */
export function requestIdOf({ 'x-request-id': given }: IncomingHttpHeaders): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
}

/** The one asked about last: nearly every request has the same. */
let good: string | undefined

/** Whether a Host header names a host that can stand in a URL. */
export function isHost(host: string | undefined): boolean {
  if (host === undefined) return false
  if (host === good) return true
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) || !URL.canParse(`http://${host}`)) return false
  good = host
  return true
}
