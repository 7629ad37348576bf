// Authenticates one request by its token in a header or cookie, for all frameworks.
import type { Claims } from './claims.js'
import { SessionError } from './errors.js'
import type { AnyRequest } from './request-headers.js'
import { createTokenReader, type TokenSourceOptions } from './token-source.js'

/** The user and session that a request comes from. */
export interface Auth {
  readonly userId: string
  readonly sessionId: string
  /** The client that the token was issued to (RFC 9068). Null for a token of an earlier version of the service. */
  readonly clientId: string | null
  readonly tokenId: string
  readonly roles: readonly string[]
  /** When the person last proved who they are in this session. Null for a token of an earlier version of the service. */
  readonly authTime: Date | null
  /** How they have (RFC 8176): `pwd`, `otp`, `mfa` … Empty for a token of an earlier version. */
  readonly amr: readonly string[]
  /** The level of the sign-in: `aal1` or `aal2`. Null for a token of an earlier version. */
  readonly acr: string | null
  readonly claims: Claims
}

/** The part of a validator that the framework adapters need. */
export interface Validates {
  /**
   * Returns the claims of a valid token. Throws a {@link SessionError} for any other. `key`: the thumbprint of the key that the
   * sender has proved to hold. A token that is bound to a key needs it, and every other one refuses it.
   */
  readonly validate: (token: string | undefined | null, key?: string) => Claims
}

/** A validator whose result may be a promise, and may already be the user: also the one of `@postern/session/edge`. */
export interface ValidatesLater {
  /** Returns the claims or the user of a valid token. Throws or rejects with a {@link SessionError} for any other. */
  readonly validate: (token: string | undefined | null, key?: string) => Claims | Auth | Promise<Claims | Auth>
}

/**
 * Authenticates one request by its `Authorization: Bearer` header (RFC 6750) or, with `tokenFrom`, by its cookie. Takes a
 * request of `node:http`, Express, Fastify or fetch, or the `Headers` of one. Throws a {@link SessionError}, or a TypeError
 * for what is no request.
 */
export const authenticate = (sessions: Validates, request: AnyRequest, options: BearerOptions = {}): Auth =>
  createAuthenticator(sessions, options)(request)

/** Where a bearer token is read from. To check a proof takes a promise: see `authenticate` of `@postern/session/dpop`. */
export type BearerOptions = Omit<TokenSourceOptions, 'dpop'>

/** The same for many requests: the options are checked once. */
export function createAuthenticator(sessions: Validates, options: BearerOptions): (request: AnyRequest) => Auth {
  if ('dpop' in options && options.dpop !== undefined)
    throw new TypeError('This is synchronous and checks no DPoP proofs: use authenticate of @postern/session/dpop')
  const readToken = createTokenReader(options)
  return (request) => {
    const claims = sessions.validate(readToken(request).token)
    // A promise has none, and would count as a user without an id.
    if (typeof claims.sub === 'string') return authOf(claims)
    void Promise.resolve<unknown>(claims).catch(() => undefined)
    throw new TypeError(
      'This needs a validator whose validate() is synchronous, such as that of createSessionValidator',
    )
  }
}

/** The same with a validator whose result may be a promise. */
export function createLaterAuthenticator(
  sessions: ValidatesLater,
  options: TokenSourceOptions,
): (request: AnyRequest) => Promise<Auth> {
  const readToken = createTokenReader(options)
  return async (request) => {
    const { token, dpop } = readToken(request)
    const key = dpop && token !== null ? await dpop.check(request, token) : null
    const found = await sessions.validate(token, key?.thumbprint)
    // After the token is known to be valid: otherwise, anyone could fill the memory of used proofs.
    await key?.use()
    return 'claims' in found ? found : authOf(found)
  }
}

/** The user and session of a token. */
export function authOf(claims: Claims): Auth {
  const { sub, sid, client_id: clientId = null, jti, roles, auth_time, amr = [], acr = null } = claims
  const authTime = auth_time === undefined ? null : new Date(auth_time * 1000)
  return { userId: sub, sessionId: sid, clientId, tokenId: jti, roles, authTime, amr, acr, claims }
}

/** Returns a refusal instead of throwing it, for requests that may also be anonymous. */
export function attempt<T>(verify: () => T): T | SessionError {
  try {
    return verify()
  } catch (error) {
    return refusal(error)
  }
}

/** The same for a promise. */
export const attemptLater = <T>(verified: Promise<T>): Promise<T | SessionError> => verified.catch(refusal)

function refusal(error: unknown): SessionError {
  if (error instanceof SessionError) return error
  throw error
}

/** Throws a {@link SessionError}: 401 if the request is anonymous, 403 if the user lacks the role. */
export function checkRole(auth: Auth | null | undefined, role: string): Auth {
  if (!auth) throw new SessionError('missing_token')
  if (!auth.roles.includes(role)) throw new SessionError('insufficient_role')
  return auth
}

/** Methods that are a first factor by themselves. All others raise the level of a sign-in. */
const FIRST_FACTORS = ['pwd', 'fed']

/** How far ahead of this clock a proof may be: the clocks of two servers differ. */
const MOST_AHEAD_MS = 60_000

/**
 * Throws a {@link SessionError} (401) if the request is anonymous, or if the person has not proved within the last `seconds`
 * who they are: with the challenge of RFC 9470, whose `max_age` says how recently. Tokens of earlier versions are too old.
 */
export function checkRecentAuth(auth: Auth | null | undefined, seconds: number): Auth {
  assertSeconds(seconds)
  if (!auth) throw new SessionError('missing_token')
  const age = auth.authTime ? Date.now() - auth.authTime.getTime() : Infinity
  // A proof from the future would stay recent until then. The age of an invalid date is NaN, which no comparison accepts.
  if (age <= seconds * 1000 && age >= -MOST_AHEAD_MS) return auth
  throw new SessionError('authentication_too_old', { required: { maxAge: seconds } })
}

/** Throws a TypeError for what is no number of seconds: a comparison with it would let everyone in, or no one. */
export function assertSeconds(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 1)
    throw new TypeError('requireRecentAuth needs a whole number of seconds')
}

/**
 * Throws a {@link SessionError} (401) if the request is anonymous, or if the person has not signed in with all of these methods
 * (RFC 8176), such as `mfa`: with the challenge of RFC 9470. A passkey that has verified the person counts as `mfa`.
 */
export function checkAmr(auth: Auth | null | undefined, methods: readonly string[]): Auth {
  assertMethods(methods)
  if (!auth) throw new SessionError('missing_token')
  const has = (method: string) => auth.amr.includes(method) || (method === 'mfa' && auth.acr === 'aal2')
  if (methods.every(has)) return auth
  const needsMore = methods.some((method) => !FIRST_FACTORS.includes(method))
  throw new SessionError('authentication_too_weak', { required: needsMore ? { acrValues: 'aal2' } : {} })
}

/** Throws a TypeError for an empty list, which every sign-in would meet. */
export function assertMethods(methods: readonly string[]): void {
  if (methods.length === 0) throw new TypeError('requireAmr needs at least one method, such as mfa')
}
