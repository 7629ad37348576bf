// The sign-in that waits for its second step, whichever way it was begun.
import { PosternError } from '@postern/client'
import { createStore } from './store.js'

/** The challenge of the service, and the address or username that was typed. */
export interface Waiting {
  readonly challenge: string
  readonly identifier: string
}

/** From a provider, the browser comes back with the challenge in the fragment. Takes it out of the address bar and the history. */
function take(): Waiting | null {
  const { pathname, search, hash } = window.location
  const challenge = new URLSearchParams(hash.slice(1)).get('mfa')
  if (pathname !== '/sign-in' || challenge === null) return null
  window.history.replaceState(window.history.state, '', `${pathname}${search}`)
  return { challenge, identifier: '' }
}

export const secondStep = createStore<Waiting | null>(take())

/** Shows the second step if that is why a sign-in was refused. Otherwise throws the error again. */
export function continueSignIn(error: unknown, identifier = ''): void {
  if (!(error instanceof PosternError) || error.challenge === undefined) throw error
  secondStep.set({ challenge: error.challenge, identifier })
}
