// Reads the address, and goes to another page without loading the document again.
import { createStore, useStore } from './state/store.js'

export const routes = {
  '/': 'Create your account',
  '/sign-in': 'Sign in',
  '/account': 'Your account',
  '/forgot-password': 'Forgot your password?',
  '/reset-password': 'Choose a new password',
  '/verify-email': 'Verify your email address',
  '/change-email': 'Confirm your new email address',
  '/keep-account': 'Keep your account',
  '/data-export': 'Download your data',
  '/admin': 'Administration',
} as const
export type Route = keyof typeof routes

/** The pages of the console, whose part for the browser is loaded with the first of them. */
export type ConsolePath = '/admin' | `/admin/${string}`
const CONSOLE = /^\/admin\/(?:usernames|webhooks|audit|(?:users|webhooks)\/[0-9a-f-]+)$/

export interface Place {
  /** Null at an unknown address, which the service answers with 404. */
  readonly route: Route | null
  readonly path: string
  readonly hash: string
  /** Where to go after signing in, according to the address. Only the service decides whether that is allowed. */
  readonly returnTo: string | null
}

const read = (): Place => {
  const { pathname, hash, search } = window.location
  const route = pathname in routes ? (pathname as Route) : CONSOLE.test(pathname) ? '/admin' : null
  return { route, path: pathname, hash, returnTo: new URLSearchParams(search).get('return_to') }
}

const store = createStore(read())
window.addEventListener('popstate', () => store.set(read()))

/** `keeping`: the part of the account to go to after signing in. It stays in the browser's history. */
export function navigate(to: string, { replace = false, keeping = null as string | null } = {}): void {
  if (replace) window.history.replaceState({ keeping }, '', to)
  else window.history.pushState({ keeping }, '', to)
  store.set(read())
  window.scrollTo(0, 0)
}

/** What the current history entry keeps; null unless the account page sent the person here. */
export function kept(): string | null {
  const state = window.history.state as { keeping?: unknown } | null
  return typeof state?.keeping === 'string' ? state.keeping : null
}

/** The address of a page, with `return_to` carried over between sign-in and sign-up. */
export function addressOf(route: Route | ConsolePath, returnTo: string | null): string {
  if (returnTo === null || !(route === '/' || route === '/sign-in')) return route
  return `${route}?${new URLSearchParams({ return_to: returnTo }).toString()}`
}

/** Leaves these pages. The service redirects to the address if it is allowed, and to the account otherwise. */
export function leaveFor(returnTo: string): void {
  // Replaced, so that Back does not lead to a form that is no longer needed.
  window.location.replace(`/return?${new URLSearchParams({ to: returnTo }).toString()}`)
}

export const usePlace = (): Place => useStore(store)
