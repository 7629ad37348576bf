import { PASSWORD_MAX_LENGTH } from '@postern/contract/passwords'

/** As the service counts: code points of the normalised password. */
const lengthOf = (password: string): number => [...password.normalize('NFC')].length

/** What is wrong with a new password before anybody is asked, if anything. */
export function newPasswordProblem(password: string, least: number): string | undefined {
  if (password === '') return 'Choose a password.'
  const length = lengthOf(password)
  if (length < least) return `Use at least ${least} characters.`
  return length > PASSWORD_MAX_LENGTH ? `Use at most ${PASSWORD_MAX_LENGTH} characters.` : undefined
}

/** Catches slips of the finger; the service knows the rules. */
export function emailProblem(email: string): string | undefined {
  if (email.trim() === '') return 'Enter your e-mail address.'
  return /^\S+@\S+\.\S+$/.test(email.trim()) ? undefined : 'Enter an address like ada@example.com.'
}
