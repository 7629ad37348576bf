// The rules of usernames.

/** The form in which usernames are compared, cached and stored as keys: lower case. */
export const canonicalUsername = (username: string): string => username.toLowerCase()

/** Why a username is invalid. */
export type UsernameProblem = 'TOO_SHORT' | 'TOO_LONG' | 'INVALID_CHARACTERS'

/** The first rule that a username breaks, or null. Nothing is trimmed. */
export function usernameProblem(username: string): UsernameProblem | null {
  if (/^[a-zA-Z0-9_-]{3,30}$/.test(username)) return null
  // Code points, not UTF-16 units. More than 60 units are always more than 30 code points, so don't spread long strings.
  const length = username.length > 60 ? username.length : [...username].length
  if (length < 3) return 'TOO_SHORT'
  if (length > 30) return 'TOO_LONG'
  return 'INVALID_CHARACTERS'
}

/** Messages that are fit to show next to a form field. */
export const USERNAME_PROBLEM_MESSAGES: Record<UsernameProblem, string> = {
  TOO_SHORT: 'Username must have at least 3 characters.',
  TOO_LONG: 'Username must have at most 30 characters.',
  INVALID_CHARACTERS: 'Username can contain only a-z, A-Z, 0-9, _ and -.',
}
