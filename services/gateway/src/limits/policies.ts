// Which limits a request counts for.
import { networkOf } from '@postern/service/networks'
import type { Quota } from '../config/index.js'
import type { Facts } from '../http/facts.js'

/** A limit, and whose requests are counted together. */
export interface Policy extends Quota {
  /** In headers: `user`, `address`, `overall`, or the name of a route with limits of its own. */
  readonly name: string
  /** The same for all requests that are counted together. */
  readonly subject: string
}

export interface Quotas {
  readonly overall: Quota | null
  readonly user: Quota | null
  readonly address: Quota | null
  /** By the name of the RPC, or of the gateway's own route. */
  readonly routes: ReadonlyMap<string, Quota | null>
}

export type PoliciesOf = (facts: Facts) => readonly Policy[]

/**
 * The client's own limit comes first. Requests of a signed-in user count for the user, wherever they come from; all others, also
 * those with a token that is not valid, for their address. Each of the two has an overall limit of its own: a few networks without an
 * account could otherwise use up that of all users.
 */
export const createPolicies =
  ({ overall, user, address, routes }: Quotas): PoliciesOf =>
  ({ operation, auth, address: from }) => {
    if (!operation) return []
    const { name } = operation
    const subject = auth ? `user:${auth.userId}` : `address:${networkOf(from)}`
    const own = routes.has(name) ? routes.get(name) : auth ? user : address
    const client = routes.has(name)
      ? { name, subject: `${name}:${subject}` }
      : { name: auth ? 'user' : 'address', subject }
    return [
      ...(own ? [{ ...own, ...client }] : []),
      ...(overall ? [{ ...overall, name: 'overall', subject: auth ? 'overall:users' : 'overall' }] : []),
    ]
  }
