// The rules of usernames.

const USERNAME_MIN_LENGTH = 3
export const USERNAME_MAX_LENGTH = 30

/** The form in which usernames are compared, cached and stored as keys: lower case. */
export const canonicalUsername = (username: string): string => username.toLowerCase()

/** Why a username is invalid. */
export type UsernameProblem = 'TOO_SHORT' | 'TOO_LONG' | 'INVALID_CHARACTERS'

/** The first rule that a username breaks, or null. Nothing is trimmed. */
export function usernameProblem(username: string): UsernameProblem | null {
  const { length: units } = username
  if (units >= USERNAME_MIN_LENGTH && units <= USERNAME_MAX_LENGTH && /^[a-zA-Z0-9_-]+$/.test(username)) return null
  // Code points, not UTF-16 units. A code point has at most two units, so don't spread long strings.
  const length = units > 2 * USERNAME_MAX_LENGTH ? units : [...username].length
  if (length < USERNAME_MIN_LENGTH) return 'TOO_SHORT'
  if (length > USERNAME_MAX_LENGTH) return 'TOO_LONG'
  return 'INVALID_CHARACTERS'
}

/** Messages that are fit to show next to a form field. */
export const USERNAME_PROBLEM_MESSAGES: Record<UsernameProblem, string> = {
  TOO_SHORT: `Username must have at least ${USERNAME_MIN_LENGTH} characters.`,
  TOO_LONG: `Username must have at most ${USERNAME_MAX_LENGTH} characters.`,
  INVALID_CHARACTERS: 'Username can contain only a-z, A-Z, 0-9, _ and -.',
}
