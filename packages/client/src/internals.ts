// What the other entries of this package need of a client, and its users do not see.
import type { createSession } from './session.js'

export interface Internals {
  readonly session: ReturnType<typeof createSession>
  readonly url: string
  readonly cookies: boolean
  readonly fetch: typeof globalThis.fetch | undefined
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal
}

const known = new WeakMap<object, Internals>()

export const internalsOf = (client: object): Internals | undefined => known.get(client)

/** Returns the client. */
export function withInternals<Client extends object>(client: Client, internals: Internals): Client {
  known.set(client, internals)
  return client
}
