// Which pages may open a WebSocket: browsers let every page open one, and CORS does not apply.
import { isHost } from '../request-head.js'

/** A program that is no page sends no Origin. `host`: the host that the client called. */
export function mayOpen(
  origin: string | undefined,
  host: string | undefined,
  allowedOrigins: readonly string[],
): boolean {
  if (origin === undefined || allowedOrigins.includes(origin)) return true
  return isHost(host) && URL.parse(origin)?.host === hostOf(origin, host)
}

/** Without the port that the scheme implies, as in an origin. */
const hostOf = (origin: string, host: string | undefined): string | undefined =>
  URL.parse(`${origin.slice(0, origin.indexOf(':'))}://${host}`)?.host
