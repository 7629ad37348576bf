// The deadline of the call that the current work is for: once it has passed, no more statements are sent.
import { AsyncLocalStorage } from 'node:async_hooks'
import { ServiceError } from './errors.js'

/** Returns whether the caller has given up. */
type IsOver = () => boolean

const deadlines = new AsyncLocalStorage<IsOver | null>()

/**
 * Runs `work`, whose statements are refused once `isOver`. What it has started and not waited for is free from its end on: jobs
 * and timers that a call has started may run for much longer.
 */
export async function withDeadline<T>(isOver: IsOver, work: () => Promise<T>): Promise<T> {
  let isRunning = true
  try {
    return await deadlines.run(() => isRunning && isOver(), work)
  } finally {
    isRunning = false
  }
}

/** Runs `work` that other callers wait for as well. */
export const withoutDeadline = <T>(work: () => T): T => (deadlines.getStore() ? deadlines.run(null, work) : work())

/**
 * Call it before each statement of a transaction, and before the wait for a connection. Throws SERVICE_UNAVAILABLE. The call has
 * been answered by then.
 */
export function refuseLateWork(): void {
  if (deadlines.getStore()?.())
    throw new ServiceError('SERVICE_UNAVAILABLE', { message: 'The deadline of this call has passed.', retryAfter: 1 })
}
