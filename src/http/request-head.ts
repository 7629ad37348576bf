// Checks the part of a request's head that both paths use: its host.
import type { IncomingMessage } from 'node:http'

/** The last valid host: nearly all requests have the same. */
let lastValid: string | undefined

/** True if a Host header names a host that can be part of a URL. */
export function isHost(host: string | undefined): boolean {
  if (host === undefined) return false
  if (host === lastValid) return true
  if (!/^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host) || !URL.canParse(`http://${host}`)) return false
  lastValid = host
  return true
}

/** True for several Host headers. Node takes the first; what stands in front of the service may have taken another. */
export function hasSeveralHosts({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}
