// A user of the soak: what was acknowledged to them, and what is uncertain because no answer came.
import type { Answer } from './balancer.ts'

export interface Session {
  token: string
  refreshToken: string
  /** When the access token was issued. */
  since: number
  /** When the first refresh was sent whose result is unknown. */
  unanswered?: number | undefined
}

/** The values that may be stored: the acknowledged one, and those of later writes whose result is unknown. */
export type Possible = Set<string>

export interface Account {
  id: string
  email: string
  password: string
  username: Possible
  firstName: Possible
  /** Usernames that stay unavailable to others: those acknowledged before. */
  held: string[]
  sessions: Session[]
  wrongPasswords: number
}

/** The write may have happened although no answer said so. */
export const isUncertain = ({ status, code }: Answer): boolean => status === 0 || code === 'SERVICE_UNAVAILABLE'

/** Takes note of a write to a field. */
export function written(possible: Possible, value: string, answer: Answer, acknowledged: boolean): void {
  if (acknowledged) possible.clear()
  if (acknowledged || isUncertain(answer)) possible.add(value)
}

export const only = (possible: Possible): string | undefined => (possible.size === 1 ? [...possible][0] : undefined)
