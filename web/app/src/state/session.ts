// Knows who is signed in.
import { type Client, PosternError, type User } from '@postern/client'
import { isOutage, type Outage } from './outage.js'
import { createStore } from './store.js'

/** Why someone sees the sign-in page. */
export type Farewell =
  | 'ended'
  | 'elsewhere'
  | 'reused'
  | 'signed-out'
  | 'everywhere'
  | 'deleted'
  | 'deletion-requested'
  | 'registered'
  | 'verified'
  | 'reset'
  | 'no-cookie'

/** `email`, or the username, prefills the next sign-in, unless someone signed out on purpose: the next person may be another. */
export type SessionState =
  | { readonly status: 'unknown' }
  | { readonly status: 'out'; readonly farewell: Farewell | null; readonly email?: string }
  | { readonly status: 'in'; readonly user: User }

const farewells = { revoked: 'elsewhere', expired: 'ended', reused: 'reused' } as const

/** Pages can't read the cookies, so only the service knows who is signed in. */
export function createSession(client: Client, outage: Outage) {
  let loadPages: () => Promise<void> = () => Promise.resolve()
  const store = createStore<SessionState>({ status: 'unknown' })

  async function ask(): Promise<void> {
    const before = store.get()
    const answer = await client.profile().then(
      async (user): Promise<SessionState> => {
        await loadPages()
        return { status: 'in', user }
      },
      (error: unknown) => {
        outage.notice(error)
        return isOutage(error) || before.status !== 'unknown' ? before : { status: 'out' as const, farewell: null }
      },
    )
    // Unless someone signed in or out here before the answer came.
    if (store.get() === before) store.set(answer)
  }

  /**
   * Call it after a login. Pages can't see whether the browser has kept the cookies, so only another request can tell:
   * without it, the account would appear and say at once that the session has ended.
   */
  async function signedIn(user: User, identifier: string): Promise<void> {
    // First: who is signed in could change while it loads.
    await loadPages()
    const found = await client.profile().catch((error: unknown) => {
      if (error instanceof PosternError && error.code === 'UNAUTHENTICATED') return null
      // Anything else says nothing about the cookies.
      return user
    })
    if (found) store.set({ status: 'in', user: found })
    else leave('no-cookie', identifier)
  }

  function leave(farewell: Farewell, email?: string): void {
    store.set({ status: 'out', farewell, ...(email !== undefined && { email }) })
  }

  // In this tab, in another one, or on another device.
  client.onSignOut((reason) => {
    void import('../beside/push.js').then(({ endPush }) => endPush()).catch(() => undefined)
    const state = store.get()
    if (state.status !== 'in') return
    if (reason === 'signed-out') leave('signed-out')
    else leave(farewells[reason], state.user.email)
  })
  outage.subscribe(() => {
    if (outage.get().status === 'up' && store.get().status === 'unknown') void ask()
  })
  // Another account may have signed in in another tab. All tabs share the cookies.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void ask()
  })

  return {
    get: store.get,
    subscribe: store.subscribe,
    /**
     * Sets what loads the pages of signed-in people. It must not reject. Until it is done, they see what they saw before, and
     * nothing flickers.
     */
    loadPagesWith(load: () => Promise<void>): void {
      loadPages = load
    },
    /** Call it when someone tries to sign in: what they will see loads with the request. */
    prepare: () => void loadPages(),
    ask,
    signedIn,
    /** Takes a changed user. An answer that comes after a sign-out does not sign anyone in again. */
    changed(user: User): void {
      const state = store.get()
      if (state.status !== 'in') return
      if (state.user.id === user.id) store.set({ status: 'in', user })
      // The cookies belong to another account by now.
      else void ask()
    },
    leave,
  }
}
