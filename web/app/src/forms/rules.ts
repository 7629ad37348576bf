// Rules that need no request, for quick answers in forms.
import { PASSWORD_MAX_LENGTH } from '@postern/contract/passwords'
import { normalizeText } from '@postern/contract/text'

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
  if (email.trim() === '') return 'Enter your email address.'
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? undefined : 'Enter an address like ada@example.com.'
}
