import { bearerToken } from '@postern/contract/bearer'
import type { Claims } from './claims.js'
import { SessionError } from './errors.js'
import type { SessionValidator } from './validator.js'

/** Who sent a request. */
export interface Auth {
  readonly userId: string
  readonly sessionId: string
  readonly tokenId: string
  readonly roles: readonly string[]
  readonly claims: Claims
}

/** The part of a validator that the glue needs. */
export type Validates = Pick<SessionValidator, 'validate'>

/** Anything with HTTP headers in the way of `node:http`. */
export interface WithHeaders {
  readonly headers: { readonly authorization?: string | undefined }
}

/** Says who sent a request by its `Authorization: Bearer` header (RFC 6750). Throws a {@link SessionError}. */
export function authenticate(sessions: Validates, request: WithHeaders): Auth {
  const claims = sessions.validate(bearerToken(request.headers.authorization))
  return { userId: claims.sub, sessionId: claims.sid, tokenId: claims.jti, roles: claims.roles, claims }
}

/** Gives a refusal back in place of throwing it: for where a token is welcome and not needed. */
export function attempt<T>(judge: () => T): T | SessionError {
  try {
    return judge()
  } catch (error) {
    if (error instanceof SessionError) return error
    throw error
  }
}

/** Throws a {@link SessionError} of 401 without anybody, of 403 without the role. */
export function checkRole(auth: Auth | null | undefined, role: string): Auth {
  if (!auth) throw new SessionError('missing_token')
  if (!auth.roles.includes(role)) throw new SessionError('insufficient_role')
  return auth
}
