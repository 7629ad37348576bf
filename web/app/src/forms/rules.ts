// Rules that need no request, for quick answers in forms.
import type { UsernameState } from '@postern/client'
import { PASSWORD_MAX_LENGTH } from '@postern/contract/passwords'
import { normalizeText, trimText } from '@postern/contract/text'
import { USERNAME_PROBLEM_MESSAGES, usernameProblem } from '@postern/contract/usernames'

/** Counts like the service: code points of the normalized password. */
const lengthOf = (password: string): number => [...normalizeText(password)].length

/** What is wrong with a new password, if anything. */
export function newPasswordProblem(password: string, least: number): string | undefined {
  if (password === '') return 'Choose a password.'
  const length = lengthOf(password)
  if (length < least) return `Password must have at least ${least} characters.`
  return length > PASSWORD_MAX_LENGTH ? `Password must have at most ${PASSWORD_MAX_LENGTH} characters.` : undefined
}

/** Catches typos. The service decides. */
export function emailProblem(email: string): string | undefined {
  const trimmed = trimText(email)
  if (trimmed === '') return 'Enter your email address.'
  return /^\S+@\S+\.\S+$/.test(trimmed) ? undefined : 'Enter an address like ada@example.com.'
}

/** What is wrong with a code from a mail. Spaces and dashes don't matter. */
export function codeProblem(code: string): string | undefined {
  const digits = code.replace(/[\s\p{Pd}]/gu, '')
  if (digits === '') return 'Enter the code from the mail.'
  return /^[0-9]{8}$/.test(digits) ? undefined : 'The code has 8 digits.'
}

/** What the check has found wrong with a username so far. While it is still checking, the service decides. */
export function chosenUsernameProblem(username: string, state: UsernameState): string | undefined {
  if (username === '') return 'Choose a username.'
  // The state may be that of another text, if the document had this one without an event.
  if (state.status === 'unavailable' && state.username === username) return state.message
  const problem = usernameProblem(username)
  return problem ? USERNAME_PROBLEM_MESSAGES[problem] : undefined
}
