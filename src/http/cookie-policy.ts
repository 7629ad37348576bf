// Maps the CSRF rule for cookies, which validators share, to messages for clients of the service.
import { COOKIE_REFUSAL_MESSAGES, cookieRefusal, type CookieRequest } from '@postern/contract/cookies'

export { requestsCookies } from '@postern/contract/cookies'

const MESSAGES = {
  ...COOKIE_REFUSAL_MESSAGES,
  foreign_origin: 'This origin is not allowed to use cookies: it is not in ALLOWED_ORIGINS.',
}

/** Why a request may not read or get cookies, as a message; null if it may. */
export function refusalOf(request: CookieRequest, allowedOrigins: readonly string[]): string | null {
  const refusal = cookieRefusal(request, allowedOrigins)
  return refusal && MESSAGES[refusal]
}
