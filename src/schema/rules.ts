/** Whether a string has the form of an id. Ids are stored in ASCII columns, which refuse to be compared with much else. */
export const isId = (value: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)

/** How a name is compared, cached and stored as a key: lower case. */
export const canonicalUsername = (username: string): string => username.toLowerCase()

export type UsernameProblem = 'TOO_SHORT' | 'TOO_LONG' | 'INVALID_CHARACTERS'

/** The first rule that a username breaks, or null. Nothing is trimmed. */
export function usernameProblem(username: string): UsernameProblem | null {
  if (/^[a-zA-Z0-9_-]{3,30}$/.test(username)) return null
  // Code points, not UTF-16 units. A string of over 60 units has over 30 points: no need to spread it out.
  const length = username.length > 60 ? username.length : [...username].length
  if (length < 3) return 'TOO_SHORT'
  if (length > 30) return 'TOO_LONG'
  return 'INVALID_CHARACTERS'
}

export const USERNAME_PROBLEM_MESSAGES: Record<UsernameProblem, string> = {
  TOO_SHORT: 'A username has at least 3 characters.',
  TOO_LONG: 'A username has at most 30 characters.',
  INVALID_CHARACTERS: 'A username may contain only a-z, A-Z, 0-9, _ and -.',
}

/** UTF-16 units, far beyond all that is ever accepted. */
const NORMALISED_AT_MOST = 2048

/**
 * Normal form C. A text that is too long for anything stays as it is: normalising takes time with the square of the number
 * of combining characters, a second for what fits into one request.
 */
export const nfc = (text: string): string => (text.length > NORMALISED_AT_MOST ? text : text.normalize('NFC'))

/** The e-mail address as it is stored and written to. */
export const normaliseEmail = (email: string): string => nfc(email.trim())

/** The e-mail address as it is compared. */
export const emailKey = (email: string): string => nfc(normaliseEmail(email).toLowerCase())
