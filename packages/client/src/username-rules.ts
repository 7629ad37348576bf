// Checks usernames by the service's rules, without a request.
import { USERNAME_PROBLEM_MESSAGES, usernameProblem as problemOf } from '@postern/contract/usernames'
import type { UsernameUnavailableReason } from './generated/schema.js'

/** What is known about a username without a request, with the service's message. */
export interface UsernameProblem {
  readonly reason: UsernameUnavailableReason
  readonly message: string
}

/** The first rule of the service that a username breaks, or null. Nothing is trimmed. */
export function usernameProblem(username: string): UsernameProblem | null {
  const reason = problemOf(username)
  return reason && { reason, message: USERNAME_PROBLEM_MESSAGES[reason] }
}
