// Counts validations by their result.
import type { Claims } from './claims.js'
import { SessionError } from './errors.js'

/** The total number of validations by result. */
export interface Outcomes {
  accepted: number
  /** Refused with 401. */
  refused: number
  /** Refused with 503. */
  unavailable: number
}

/** Counts the results of `verify`. */
export function counted(
  outcomes: Outcomes,
  verify: (token: string, key?: string) => Claims,
): (token: string | undefined | null, key?: string) => Claims {
  return (token, key) => {
    try {
      if (!token) throw new SessionError('missing_token')
      const claims = verify(token, key)
      outcomes.accepted++
      return claims
    } catch (error) {
      if (error instanceof SessionError && error.status === 503) outcomes.unavailable++
      else outcomes.refused++
      throw error
    }
  }
}
