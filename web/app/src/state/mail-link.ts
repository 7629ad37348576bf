// What a link in a mail carries in its fragment, which no server sees: an address and a code, a token, or an invitation.
import { createStore } from './store.js'

const PAGES = ['/verify-email', '/reset-password', '/change-email', '/keep-account', '/data-export', '/'] as const

export type LinkPurpose = (typeof PAGES)[number]

export interface MailLink {
  /** The page that the link leads to. Null without a link. */
  readonly purpose: LinkPurpose | null
  readonly email: string
  /** Or the token, or the code of an invitation. */
  readonly code: string
}

const NOTHING: MailLink = { purpose: null, email: '', code: '' }

/** The pages that only make sense signed in: sign-in leads back to them. */
export const needsAccount = (page: string): boolean => page === '/change-email' || page === '/data-export'

/** Takes it out of the address bar and the history, where others could read it. */
function take(): MailLink | null {
  const { pathname, search, hash } = window.location
  const purpose = PAGES.find((page) => page === pathname)
  const parameters = new URLSearchParams(hash.slice(1))
  const code = parameters.get('code') ?? parameters.get('token') ?? parameters.get('invitation')
  if (!purpose || code === null) return null
  window.history.replaceState(window.history.state, '', `${pathname}${search}`)
  return { purpose, email: parameters.get('email') ?? '', code }
}

/** Also what a page before has learned: the address that waits for a code. */
export const mailLink = createStore<MailLink>(take() ?? NOTHING)

window.addEventListener('hashchange', () => {
  const taken = take()
  if (taken) mailLink.set(taken)
})

/** Remembers the address that waits for a code, for the page that asks for it. */
export function awaitCode(email: string): void {
  const { purpose } = mailLink.get()
  if (purpose === null || !needsAccount(purpose)) mailLink.set({ ...NOTHING, email })
}

/** A code works once. */
export const forgetLink = (): void => mailLink.set(NOTHING)
