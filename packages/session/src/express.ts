/**
 * Middleware for Express 4 and 5, and for plain `node:http`.
 *
 * @packageDocumentation
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  assertMethods,
  assertSeconds,
  attempt,
  attemptLater,
  checkAmr,
  checkRecentAuth,
  checkRole,
  createAuthenticator,
  createLaterAuthenticator,
  type Auth,
  type BearerOptions,
  type Validates,
} from './auth.js'
import { SessionError } from './errors.js'
import type { TokenSourceOptions } from './token-source.js'

export type { Auth } from './auth.js'

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** The authenticated user. Set by `requireAuth`, and by `optionalAuth` if the token is valid. */
      auth?: Auth
      /** Why `optionalAuth` treats the request as anonymous. */
      authError?: SessionError
    }
  }
}

/** A request that may be authenticated. */
export interface AuthRequest extends IncomingMessage {
  auth?: Auth
  authError?: SessionError
}

/** A request handler of Express. Elsewhere, `next` is a plain callback. */
export type Middleware = (request: AuthRequest, response: ServerResponse, next: (error?: unknown) => void) => void

/** How a refused request is answered. */
export interface RefusalOptions {
  /** Answers a refused request. By default: the error's status and headers, and `{ code, message }` as JSON. */
  readonly onRefusal?: (error: SessionError, request: AuthRequest, response: ServerResponse) => void
}

/** Options of the middleware. */
export interface AuthOptions extends RefusalOptions, TokenSourceOptions {}

/**
 * Requires a valid token and sets `req.auth`. Otherwise answers 401 or 503, or 403 for a cookie that fails the CSRF check.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import express from 'express'
 * import { createSessionValidator } from '@postern/session'
 * import { requireAuth, requireRole } from '@postern/session/express'
 *
 * const sessions = await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })
 *
 * const app = express()
 * app.use('/api', requireAuth(sessions))
 * app.get('/api/me', (req, res) => void res.json({ id: req.auth?.userId }))
 * app.delete('/api/users', requireRole('ADMIN'), (_req, res) => void res.sendStatus(204))
 *
 * const guard = requireAuth(sessions)
 * createServer((req, res) => guard(req, res, () => res.end('Welcome')))
 * ```
 */
export function requireAuth(sessions: Validates, options: AuthOptions = {}): Middleware {
  if (options.dpop) {
    const authenticate = createLaterAuthenticator(sessions, options)
    return guardLater(async (request) => void (request.auth = await authenticate(request)), options)
  }
  const authenticate = createAuthenticator(sessions, options)
  return guard((request) => void (request.auth = authenticate(request)), options)
}

/** Accepts every request, and sets `req.auth` if it has a valid token. */
export function optionalAuth(sessions: Validates, options: TokenSourceOptions = {}): Middleware {
  const keep = (request: AuthRequest, found: Auth | SessionError) => {
    if (found instanceof SessionError) request.authError = found
    else request.auth = found
  }
  if (options.dpop) {
    const authenticate = createLaterAuthenticator(sessions, options)
    return guardLater(async (request) => keep(request, await attemptLater(authenticate(request))), {})
  }
  const authenticate = createAuthenticator(sessions, options)
  return (request, _response, next) => {
    keep(
      request,
      attempt(() => authenticate(request)),
    )
    next()
  }
}

/** Requires that `requireAuth` or `optionalAuth` has found a user with this role. Otherwise answers 401 or 403. */
export function requireRole(role: string, options: RefusalOptions = {}): Middleware {
  return guard((request) => checkRole(known(request), role), options)
}

/**
 * Requires that the person has proved within the last `seconds` who they are. Otherwise answers 401 with the challenge of RFC
 * 9470: the client reauthenticates and repeats the request.
 *
 * @example
 * ```ts
 * import type { Express } from 'express'
 * import type { SessionValidator } from '@postern/session'
 * import { requireAmr, requireAuth, requireRecentAuth } from '@postern/session/express'
 *
 * const protect = (app: Express, sessions: SessionValidator) =>
 *   app.post('/payments', requireAuth(sessions), requireRecentAuth(300), requireAmr('mfa'), (_req, res) => void res.sendStatus(204))
 * ```
 */
export function requireRecentAuth(seconds: number, options: RefusalOptions = {}): Middleware {
  assertSeconds(seconds)
  return guard((request) => checkRecentAuth(known(request), seconds), options)
}

/**
 * Requires that the person has signed in with this method, or with all of these, such as `mfa`. Otherwise answers 401 with the
 * challenge of RFC 9470.
 */
export function requireAmr(methods: string | readonly string[], options: RefusalOptions = {}): Middleware {
  const all = [methods].flat()
  assertMethods(all)
  return guard((request) => checkAmr(known(request), all), options)
}

/** The user that an earlier middleware has found. Throws what it has found instead. */
function known({ auth, authError }: AuthRequest): Auth | undefined {
  if (!auth && authError) throw authError
  return auth
}

/**
 * Creates a handler whose `request.auth` is always set.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import type { SessionValidator } from '@postern/session'
 * import { authenticated } from '@postern/session/express'
 *
 * const serve = (sessions: SessionValidator) =>
 *   createServer(authenticated(sessions, (req, res) => void res.end(`Welcome ${req.auth.userId}`)))
 * ```
 */
export function authenticated<Request extends IncomingMessage, Response extends ServerResponse>(
  sessions: Validates,
  handler: (request: Request & { auth: Auth }, response: Response) => unknown,
  options: RefusalOptions & BearerOptions = {},
): (request: Request, response: Response) => unknown {
  const { onRefusal = answer } = options
  const authenticate = createAuthenticator(sessions, options)
  return (request, response) => {
    const found = attempt(() => authenticate(request))
    if (found instanceof SessionError) return onRefusal(found, request, response)
    const known = request as Request & { auth: Auth }
    known.auth = found
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- It is the same object.
    return handler(known, response)
  }
}

function guard(check: (request: AuthRequest) => unknown, { onRefusal = answer }: RefusalOptions): Middleware {
  return (request, response, next) => {
    try {
      check(request)
    } catch (error) {
      return error instanceof SessionError ? onRefusal(error, request, response) : next(error)
    }
    next()
  }
}

/** The same for a check that takes a promise. */
function guardLater(
  check: (request: AuthRequest) => Promise<void>,
  { onRefusal = answer }: RefusalOptions,
): Middleware {
  return (request, response, next) => {
    const refuse = (error: unknown) =>
      error instanceof SessionError ? onRefusal(error, request, response) : next(error)
    void check(request).then(() => next(), refuse)
  }
}

function answer(error: SessionError, _request: AuthRequest, response: ServerResponse): void {
  response.writeHead(error.status, {
    ...error.headers,
    'content-type': 'application/json',
    'cache-control': 'no-store',
  })
  response.end(JSON.stringify({ code: error.code, message: error.message }))
}
