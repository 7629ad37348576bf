// The state of the session for React components.
import { useSyncExternalStore } from 'react'
import type { Client } from './client.js'
import { LOADING, type SessionState } from './session-state.js'

/**
 * Who is signed in. Loads the user once for all components; follows sign-ins and sign-outs here and, with cookies, in other
 * tabs. On a server, and while a page hydrates, the state is `loading`.
 *
 * After `error`, `client.profile()` tries again.
 *
 * @example
 * ```ts
 * import { createElement } from 'react'
 * import { createClient } from '@postern/client'
 * import { useSession } from '@postern/client/react'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 *
 * function Greeting() {
 *   const session = useSession(client)
 *   if (session.status === 'signed-in') return createElement('p', null, `Hello ${session.user.email}`)
 *   if (session.status === 'signed-out') return createElement('a', { href: '/sign-in' }, 'Sign in')
 *   return null
 * }
 * ```
 */
export function useSession(client: Pick<Client, 'state' | 'subscribe'>): SessionState {
  return useSyncExternalStore(
    client.subscribe,
    () => client.state,
    () => LOADING,
  )
}
