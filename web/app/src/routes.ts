import { createStore, useStore } from './state/store.js'

export const routes = { '/': 'Create your account', '/sign-in': 'Sign in', '/account': 'Your account' } as const
export type Route = keyof typeof routes

export interface Place {
  readonly route: Route
  /** With which part of /account somebody came, who had to sign in first. */
  readonly hash: string
}

const read = (): Place => {
  const { pathname, hash } = window.location
  return { route: pathname in routes ? (pathname as Route) : '/', hash }
}

const store = createStore(read())
window.addEventListener('popstate', () => store.set(read()))

/** `keeping` goes into the browser's history, not into the address: so nobody can make a link that leads elsewhere. */
export function navigate(to: string, { replace = false, keeping = null as string | null } = {}): void {
  if (replace) window.history.replaceState({ keeping }, '', to)
  else window.history.pushState({ keeping }, '', to)
  store.set(read())
  window.scrollTo(0, 0)
}

/** What was kept for the current entry of the history. */
export function kept(): string {
  const state = window.history.state as { keeping?: unknown } | null
  return typeof state?.keeping === 'string' ? state.keeping : ''
}

export const usePlace = (): Place => useStore(store)
