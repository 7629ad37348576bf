import { SessionError } from '../../packages/session/src/index.js'

/** The code with which something is refused; `accepted` when it is not. Any other error is thrown on. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt()
    return 'accepted'
  } catch (error) {
    if (error instanceof SessionError) return error.code
    throw error
  }
}
