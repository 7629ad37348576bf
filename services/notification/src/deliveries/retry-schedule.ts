// When a delivery is tried again.
import type { Category } from '../channels/channel.js'

/** The pauses between attempts, in seconds: about a day in all. */
const PAUSES = [10, 60, 300, 1800, 7200, 21_600, 57_600]

/** Security notices are worth more attempts at first. They are about what has just happened. */
const SECURITY_PAUSES = [2, 5, 15, 60, 300, 1800, 7200, 21_600, 57_600]

/** Pauses are longer by up to this part, so that deliveries that failed together are not all tried again at once. */
const JITTER = 0.2

/** A receiver that wants more time than this gets the next attempt then. */
const LONGEST_SECONDS = 86_400

export interface Failure {
  category: Category
  /** This attempt included. */
  attempts: number
  /** Seconds until the receiver wants to see the next attempt. */
  retryAfter: number | undefined
}

/** Seconds until the next attempt. Null if that was the last one. `random` is at least 0 and less than 1. */
export function pauseAfter({ category, attempts, retryAfter = 0 }: Failure, random: number): number | null {
  const pauses = category === 'SECURITY' ? SECURITY_PAUSES : PAUSES
  const pause = pauses[attempts - 1]
  if (pause === undefined) return null
  // Jitter makes the wait longer and never shorter: the receiver has said when it is ready.
  return Math.ceil(Math.max(pause, Math.min(retryAfter, LONGEST_SECONDS)) * (1 + random * JITTER))
}
