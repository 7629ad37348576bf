// Parses the Authorization header.

/**
 * Whether an `Authorization` header uses the Bearer scheme, with or without a usable token. That header alone decides
 * then: a cookie never makes up for a bad Bearer token.
 */
export const usesBearer = (authorization: string | undefined): boolean => /^Bearer\b/i.test(authorization ?? '')

/** The token of an `Authorization: Bearer` header (RFC 6750): the scheme in any case, spaces, the token. Null without one. */
export function bearerToken(authorization: string | undefined): string | null {
  if (authorization?.slice(0, 7).toLowerCase() !== 'bearer ') return null
  return authorization.slice(7).trim() || null
}
