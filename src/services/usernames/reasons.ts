// Why a username is unavailable, and what to say about it next to a form field.
import type { ErrorCode } from '@postern/contract/errors'
import { USERNAME_PROBLEM_MESSAGES, type UsernameProblem } from '@postern/contract/usernames'
import type { Unavailability } from '../../repositories/usernames/usernames.js'
import type { Refusal } from './policy.js'

export type UnavailableReason = UsernameProblem | Refusal | Unavailability

export const UNAVAILABLE_MESSAGES: Record<UnavailableReason, string> = {
  ...USERNAME_PROBLEM_MESSAGES,
  RESERVED: 'This username is reserved.',
  CONFUSABLE: 'This username looks like a reserved one.',
  HELD: 'This username was released recently and is held for its last owner.',
  TAKEN: 'This username is taken.',
}

/** Why a well-formed username can't be claimed, as the error of a form field. */
export interface ClaimProblem {
  reason: Refusal | Unavailability
  code: Extract<ErrorCode, 'USERNAME_RESERVED' | 'USERNAME_TAKEN'>
  message: string
}

export function claimProblem(reason: Refusal | Unavailability): ClaimProblem {
  const isReserved = reason === 'RESERVED' || reason === 'CONFUSABLE'
  return {
    reason,
    code: isReserved ? 'USERNAME_RESERVED' : 'USERNAME_TAKEN',
    message: UNAVAILABLE_MESSAGES[reason],
  }
}
