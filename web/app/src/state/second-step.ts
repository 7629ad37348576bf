// The sign-in that waits for its second step, whichever way it was begun.
import { PosternError } from '@postern/client'
import { createStore } from './store.js'

/** The challenge of the service, and the address or username that was typed. */
export interface Waiting {
  readonly challenge: string
  readonly identifier: string
}

export const secondStep = createStore<Waiting | null>(null)

/** Shows the second step if that is why a sign-in was refused. Otherwise throws the error again. */
export function continueSignIn(error: unknown, identifier = ''): void {
  if (!(error instanceof PosternError) || error.challenge === undefined) throw error
  secondStep.set({ challenge: error.challenge, identifier })
}
