import type { UsernameUnavailableReason } from './generated/schema.js'

/** What can be said about a name without asking, and in the service's words. */
export interface UsernameProblem {
  readonly reason: UsernameUnavailableReason
  readonly message: string
}

const TOO_SHORT = { reason: 'TOO_SHORT', message: 'A username has at least 3 characters.' } as const
const TOO_LONG = { reason: 'TOO_LONG', message: 'A username has at most 30 characters.' } as const
const INVALID_CHARACTERS = {
  reason: 'INVALID_CHARACTERS',
  message: 'A username may contain only a-z, A-Z, 0-9, _ and -.',
} as const

/** The first rule of the service that a name breaks, or null. Nothing is trimmed. */
export function usernameProblem(username: string): UsernameProblem | null {
  if (/^[a-zA-Z0-9_-]{3,30}$/.test(username)) return null
  // Code points; what has over 60 units has over 30 of them.
  const length = username.length > 60 ? username.length : [...username].length
  if (length < 3) return TOO_SHORT
  return length > 30 ? TOO_LONG : INVALID_CHARACTERS
}
