// The address and the code that a link in a mail carries in its fragment, which no server sees.
import { createStore } from './store.js'

export interface MailLink {
  readonly email: string
  readonly code: string
  /** The mail is for a signed-in user who changes the address. */
  readonly isChange: boolean
}

const NOTHING: MailLink = { email: '', code: '', isChange: false }
const PAGES = ['/verify-email', '/reset-password', '/change-email']

/** Takes it out of the address bar and the history, where others could read it. */
function take(): MailLink | null {
  const { pathname, search, hash } = window.location
  if (!PAGES.includes(pathname) || !hash.includes('code=')) return null
  const parameters = new URLSearchParams(hash.slice(1))
  window.history.replaceState(window.history.state, '', `${pathname}${search}`)
  const isChange = pathname === '/change-email'
  return { email: parameters.get('email') ?? '', code: parameters.get('code') ?? '', isChange }
}

/** Also what a page before has learned: the address that waits for a code. */
export const mailLink = createStore<MailLink>(take() ?? NOTHING)

window.addEventListener('hashchange', () => {
  const taken = take()
  if (taken) mailLink.set(taken)
})

/** Remembers the address that waits for a code, for the page that asks for it. */
export function awaitCode(email: string): void {
  if (!mailLink.get().isChange) mailLink.set({ ...NOTHING, email })
}

/** A code works once. */
export const forgetLink = (): void => mailLink.set(NOTHING)
