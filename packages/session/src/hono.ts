/**
 * Middleware for Hono 4, on every runtime.
 *
 * @packageDocumentation
 */
import type { MiddlewareHandler } from 'hono'
import {
  assertMethods,
  assertSeconds,
  attemptLater,
  checkAmr,
  checkRecentAuth,
  checkRole,
  createLaterAuthenticator,
  type Auth,
  type ValidatesLater,
} from './auth.js'
import { SessionError } from './errors.js'
import type { TokenSourceOptions } from './token-source.js'

export type { Auth, ValidatesLater } from './auth.js'

/** What handlers behind `requireAuth` or `requireRole` can read: `c.var.auth`. */
export interface AuthEnv {
  Variables: {
    /** The authenticated user. */
    auth: Auth
  }
}

/** What handlers behind `optionalAuth` can read: `c.var.viewer`. */
export interface ViewerEnv {
  Variables: {
    /** The authenticated user, or null. */
    viewer: Auth | null
    /** Why the request is treated as anonymous, or null. */
    authError: SessionError | null
  }
}

/**
 * Requires a valid token and sets `c.var.auth`. Otherwise throws a {@link SessionError}: 401 or 503, or 403 for a cookie that
 * fails the CSRF check. Hono answers with its status and headers, and `{ code, message }` as JSON, unless your `onError`
 * does.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono'
 * import { createSessionValidator } from '@postern/session'
 * import { optionalAuth, requireAuth, requireRole } from '@postern/session/hono'
 *
 * const sessions = await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })
 *
 * const app = new Hono()
 * app.get('/me', requireAuth(sessions), (c) => c.json({ id: c.var.auth.userId }))
 * app.get('/hello', optionalAuth(sessions), (c) => c.text(`Hello ${c.var.viewer?.userId ?? 'stranger'}`))
 * app.delete('/users', requireAuth(sessions), requireRole('ADMIN'), (c) => c.body(null, 204))
 * ```
 */
export function requireAuth(sessions: ValidatesLater, options: TokenSourceOptions = {}): MiddlewareHandler<AuthEnv> {
  const authenticate = createLaterAuthenticator(sessions, options)
  return async (c, next) => {
    c.set('auth', await authenticate(c.req.raw))
    await next()
  }
}

/** Accepts every request, and sets `c.var.viewer` if it has a valid token. */
export function optionalAuth(sessions: ValidatesLater, options: TokenSourceOptions = {}): MiddlewareHandler<ViewerEnv> {
  const authenticate = createLaterAuthenticator(sessions, options)
  return async (c, next) => {
    const found = await attemptLater(authenticate(c.req.raw))
    c.set('viewer', found instanceof SessionError ? null : found)
    c.set('authError', found instanceof SessionError ? found : null)
    await next()
  }
}

/**
 * Requires that `requireAuth` or `optionalAuth` has found a user with this role, and sets `c.var.auth`. Otherwise throws a
 * {@link SessionError}: 401, 403, or 503 if it was not possible to know.
 */
export function requireRole(role: string): MiddlewareHandler<AuthEnv> {
  return checked((auth) => checkRole(auth, role))
}

/**
 * Requires that the person has proved within the last `seconds` who they are. Otherwise throws a {@link SessionError} (401)
 * with the challenge of RFC 9470: the client reauthenticates and repeats the request.
 *
 * @example
 * ```ts
 * import type { Hono } from 'hono'
 * import type { SessionValidator } from '@postern/session'
 * import { requireAmr, requireAuth, requireRecentAuth } from '@postern/session/hono'
 *
 * const protect = (app: Hono, sessions: SessionValidator) =>
 *   app.post('/payments', requireAuth(sessions), requireRecentAuth(300), requireAmr('mfa'), (c) => c.body(null, 204))
 * ```
 */
export function requireRecentAuth(seconds: number): MiddlewareHandler<AuthEnv> {
  assertSeconds(seconds)
  return checked((auth) => checkRecentAuth(auth, seconds))
}

/**
 * Requires that the person has signed in with all of these methods, such as `mfa`. Otherwise throws a {@link SessionError}
 * (401) with the challenge of RFC 9470.
 */
export function requireAmr(...methods: readonly string[]): MiddlewareHandler<AuthEnv> {
  assertMethods(methods)
  return checked((auth) => checkAmr(auth, methods))
}

/** Checks the user that an earlier middleware has found, and sets `c.var.auth`. Throws what it has found instead. */
function checked(check: (auth: Auth | null | undefined) => Auth): MiddlewareHandler<AuthEnv> {
  return async (c, next) => {
    const { auth, viewer, authError } = c.var as Partial<AuthEnv['Variables'] & ViewerEnv['Variables']>
    if (!auth && !viewer && authError) throw authError
    c.set('auth', check(auth ?? viewer))
    await next()
  }
}
