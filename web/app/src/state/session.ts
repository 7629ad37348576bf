import type { Client, User } from '@postern/client'
import { isOutage, type Outage } from './outage.js'
import { createStore } from './store.js'

/** What the sign-in page tells somebody who did not ask for it. */
export type Farewell = 'ended' | 'reused' | 'signed-out' | 'everywhere' | 'password-changed' | 'deleted' | 'registered'

/** `email` is there for the next sign-in, unless somebody left on purpose: another may sit down here. */
export type SessionState =
  | { readonly status: 'unknown' }
  | { readonly status: 'out'; readonly farewell: Farewell | null; readonly email?: string }
  | { readonly status: 'in'; readonly user: User }

/** Who is signed in. The cookies cannot be read, so only the service knows. */
export function createSession(client: Client, outage: Outage) {
  const store = createStore<SessionState>({ status: 'unknown' })

  async function ask(): Promise<void> {
    const before = store.get()
    const answer = await client.profile().then(
      (user): SessionState => ({ status: 'in', user }),
      (error: unknown) => {
        outage.notice(error)
        return isOutage(error) || before.status !== 'unknown' ? before : { status: 'out' as const, farewell: null }
      },
    )
    // Somebody may have signed in or out here meanwhile.
    if (store.get() === before) store.set(answer)
  }

  function leave(farewell: Farewell, email?: string): void {
    store.set({ status: 'out', farewell, ...(email !== undefined && { email }) })
  }

  // Here, in another tab, or from another device.
  client.onSignOut((reason) => {
    const state = store.get()
    if (state.status !== 'in') return
    if (reason === 'signed-out') leave('signed-out')
    else leave(reason === 'expired' ? 'ended' : 'reused', state.user.email)
  })
  outage.subscribe(() => {
    if (outage.get().status === 'well' && store.get().status === 'unknown') void ask()
  })
  // In another tab somebody else may have signed in: the cookies are theirs then, in this one too.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void ask()
  })

  return {
    get: store.get,
    subscribe: store.subscribe,
    ask,
    signedIn: (user: User) => store.set({ status: 'in', user }),
    /** Somebody changed what is known of them: who has left meanwhile is not brought back by that. */
    changed(user: User): void {
      const state = store.get()
      if (state.status !== 'in') return
      if (state.user.id === user.id) store.set({ status: 'in', user })
      // The cookies are somebody else's by now.
      else void ask()
    },
    leave,
  }
}
