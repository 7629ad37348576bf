// Step-up: an operation that needs a recent proof waits until the person has confirmed who they are, and is repeated.
import { PosternError } from '@postern/client'
import { createStore } from './store.js'

/** What the dialog calls: true once the person has confirmed, false if they cancel. */
export interface Asked {
  readonly answer: (isConfirmed: boolean) => void
}

/** Null while nothing is asked. `mfa/StepUp.tsx` shows it. */
export const stepUp = createStore<Asked | null>(null)

/** Whether the page can ask. */
let canAsk = false

/** Call it when the dialog can appear on the page. Returns a function for when it can't anymore, which cancels. */
export function offerStepUp(): () => void {
  canAsk = true
  return () => {
    canAsk = false
    stepUp.get()?.answer(false)
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof PosternError && error.code === 'REAUTHENTICATION_REQUIRED'

/** Runs `work`, and once more after the person has confirmed who they are. If they cancel, rejects with the first error. */
export async function withStepUp<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // One question at a time: it is asked for the first operation.
    if (!isRefusal(error) || !canAsk || stepUp.get()) throw error
    const isConfirmed = await new Promise<boolean>((answer) => stepUp.set({ answer }))
    stepUp.set(null)
    if (!isConfirmed) throw error
    return work()
  }
}
