// Resolves names by asking the name servers. Node.js has few threads for look-ups of the system, and each waits for its name: two names
// whose servers never answer would hold up all others of the process.
import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'

/** How long the first try may take. The second one may take twice as long. */
const TIMEOUT_MS = 2000

/** A server that answers this says nothing about the name. The system, too, asks the next one. */
const REFUSALS = new Set(['ESERVFAIL', 'EREFUSED', 'ENOTIMP'])

const isRefusal = (result: PromiseSettledResult<unknown>): boolean =>
  result.status === 'rejected' && REFUSALS.has((result.reason as NodeJS.ErrnoException).code ?? '')

/** `servers`: by default those of the system, as they are configured at that moment. */
export function createNameResolver(servers?: readonly string[]): (host: string) => Promise<LookupAddress[]> {
  async function ask(host: string, asked: readonly string[] | undefined): Promise<LookupAddress[]> {
    // A new one for each name: a resolver keeps the servers that the system had, and shortens its time-outs after quick answers.
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
    if (asked) resolver.setServers(asked)
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const next = resolver.getServers().slice(1)
    const isEmpty = four.status === 'rejected' && six.status === 'rejected'
    if (isEmpty && next.length > 0 && (isRefusal(four) || isRefusal(six))) return ask(host, next)
    if (isEmpty) throw four.reason
    return [
      ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
      ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
    ]
  }
  return (host) => ask(host, servers)
}
