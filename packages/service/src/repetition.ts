// Repeats work once, after a short random pause.
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import type { Guard } from './breakers.js'

const PAUSE_MS = 10
const LONGEST_PAUSE_MS = 50

/** Repeats work that failed with an error for which `isWorthwhile` is true. Only for work that changes nothing. */
export function createRepetition(isWorthwhile: (error: unknown) => boolean): Guard {
  const policy = retry(handleWhen(isWorthwhile), {
    maxAttempts: 1,
    backoff: new ExponentialBackoff({ initialDelay: PAUSE_MS, maxDelay: LONGEST_PAUSE_MS }),
  })
  return (work) => policy.execute(work)
}
