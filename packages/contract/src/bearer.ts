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

/** The same for the DPoP scheme (RFC 9449 section 7.1): the token is bound to a key, of which the request has a proof. */
export const usesDpop = (authorization: string | undefined): boolean => /^DPoP\b/i.test(authorization ?? '')

/** The token of an `Authorization: DPoP` header. Null without one. */
export function dpopToken(authorization: string | undefined): string | null {
  if (authorization?.slice(0, 5).toLowerCase() !== 'dpop ') return null
  return authorization.slice(5).trim() || null
}
