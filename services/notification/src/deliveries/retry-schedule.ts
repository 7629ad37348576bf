// When a delivery is tried again.
import type { Lane } from './lanes.js'

/** The pauses between attempts, in seconds. The last one repeats. */
const PAUSES = [10, 60, 300, 1800, 7200, 21_600]

/** Security notices are worth more attempts at first: they are about what has just happened. */
const SECURITY_PAUSES = [2, 5, 15, 60, ...PAUSES.slice(2)]

/** For how many seconds a delivery is tried. The last attempt is at their end. */
const LONGEST_SECONDS = 86_400

/** How long marketing waits for a consent service that does not answer, in seconds: as long as it has waited already, between these. */
const CONSENT_PAUSES = { shortest: 15, longest: 900 }

/** Pauses are longer by up to this part, so that deliveries that failed together are not all tried again at once. */
const JITTER = 0.2

export interface Failure {
  lane: Lane
  /** This attempt included. */
  attempts: number
  /** For how many seconds it has been tried. */
  triedFor: number
  /** Seconds until the receiver wants to see the next attempt. */
  retryAfter: number | undefined
}

/** Seconds until the next attempt. Null if that was the last one. `random` is at least 0 and less than 1. */
export function pauseAfter({ lane, attempts, triedFor, retryAfter = 0 }: Failure, random: number): number | null {
  const left = LONGEST_SECONDS - triedFor
  if (left <= 0 || retryAfter > left) return null
  const pauses = lane === 'SECURITY' ? SECURITY_PAUSES : PAUSES
  const pause = pauses[attempts - 1] ?? pauses.at(-1) ?? LONGEST_SECONDS
  // Jitter makes the wait longer and never shorter: the receiver has said when it is ready.
  return Math.min(left, withJitter(Math.max(pause, retryAfter), random))
}

/** Seconds until the consent service is asked again. Null: it has not answered for a day. */
export function consentPauseAfter(triedFor: number, random: number): number | null {
  const left = LONGEST_SECONDS - triedFor
  if (left <= 0) return null
  const { shortest, longest } = CONSENT_PAUSES
  return Math.min(left, withJitter(Math.min(longest, Math.max(shortest, triedFor)), random))
}

const withJitter = (seconds: number, random: number): number => Math.ceil(seconds * (1 + random * JITTER))
