// Resolves names by asking the name servers. Node.js has few threads for look-ups of the system, and each waits for its name: two names
// whose servers never answer would hold up all others of the process.
import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'

/** How long the first try may take. */
const TIMEOUT_MS = 2000

/** `servers`: by default those of the system. */
export function createNameResolver(servers?: readonly string[]): (host: string) => Promise<LookupAddress[]> {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  if (servers) resolver.setServers(servers)

  return async (host) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    if (four.status === 'rejected' && six.status === 'rejected') throw four.reason
    return [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ]
  }
}
