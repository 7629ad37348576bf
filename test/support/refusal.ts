import { SessionError } from '../../packages/session/src/index.js'

/** The code of a refusal, or `accepted`. Any other error is rethrown. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt()
    return 'accepted'
  } catch (error) {
    if (error instanceof SessionError) return error.code
    throw error
  }
}
