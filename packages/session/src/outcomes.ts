import type { Claims } from './claims.js'
import { SessionError } from './errors.js'

/** How validations ended, in total. */
export interface Outcomes {
  accepted: number
  /** Refused with 401. */
  refused: number
  /** Refused with 503. */
  unavailable: number
}

/** Makes `judge` count how it ends. */
export function counted(
  outcomes: Outcomes,
  judge: (token: string) => Claims,
): (token: string | undefined | null) => Claims {
  return (token) => {
    try {
      if (!token) throw new SessionError('missing_token')
      const claims = judge(token)
      outcomes.accepted++
      return claims
    } catch (error) {
      if (error instanceof SessionError && error.status === 503) outcomes.unavailable++
      else outcomes.refused++
      throw error
    }
  }
}
