// What the client knows about who is signed in, as a store for components.
import { hasCode, type PosternError } from './errors.js'
import type { User } from './generated/schema.js'
import { createListeners } from './listeners.js'
import type { SignOutReason } from './tabs.js'

/**
 * What the client knows about the session. Each state is an object of its own that never changes.
 *
 * `reason` is null when the client knew of no session, such as in a page that has just been opened.
 */
export type SessionState =
  | { readonly status: 'loading' }
  | { readonly status: 'signed-in'; readonly user: User }
  | { readonly status: 'signed-out'; readonly reason: SignOutReason | null }
  | { readonly status: 'error'; readonly error: PosternError }

/** One object, so that a server and the first render of a page show the same state. */
export const LOADING: SessionState = Object.freeze({ status: 'loading' })
const SIGNED_OUT: SessionState = Object.freeze({ status: 'signed-out', reason: null })

/** Loads the user with `loadUser`, which reports to `signedIn`, as soon as there is a subscriber to show them to. */
export function createSessionState(isKnown: boolean, loadUser: () => Promise<unknown>) {
  const listeners = createListeners<[SessionState]>()
  let state = isKnown ? SIGNED_OUT : LOADING
  let isLoading = false

  function show(next: SessionState): void {
    state = next
    listeners.notify(next)
    void load()
  }

  async function load(): Promise<void> {
    if (isLoading || state.status !== 'loading' || listeners.isEmpty()) return
    const before = state
    isLoading = true
    try {
      await loadUser()
    } catch (error) {
      const next = hasCode(error, 'UNAUTHENTICATED')
        ? SIGNED_OUT
        : ({ status: 'error', error: error as PosternError } as const)
      if (state === before) show(next)
    }
    isLoading = false
    // The session was replaced in the meantime: load the new one.
    void load()
  }

  return {
    get: () => state,
    show,
    clear: listeners.clear,

    /** An older answer that arrives late does not replace a newer one. */
    signedIn(user: User): void {
      const isOlder = state.status === 'signed-in' && state.user.id === user.id && state.user.updatedAt > user.updatedAt
      if (!isOlder) show({ status: 'signed-in', user })
    },

    subscribe: (listener: (state: SessionState) => void): (() => void) => {
      const stop = listeners.add(listener)
      void load()
      return stop
    },
  }
}
