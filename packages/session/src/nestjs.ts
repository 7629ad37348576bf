/**
 * Guards and parameter decorators for NestJS 10 to 12, on Express and Fastify, for HTTP and GraphQL handlers.
 *
 * @packageDocumentation
 */
import { createParamDecorator, HttpException } from '@nestjs/common'
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
import { hasRequest, requestOf, setHeaders, type HandlerContext } from './nestjs-context.js'
import type { TokenSourceOptions } from './token-source.js'

export type { Auth, ValidatesLater } from './auth.js'
export type { HandlerContext } from './nestjs-context.js'

/** A guard for `@UseGuards(…)`, `useGlobalGuards(…)` or the provider `APP_GUARD`. */
export interface SessionGuard {
  canActivate(context: HandlerContext): Promise<boolean>
}

/**
 * Requires a valid token. Otherwise throws an HttpException with `{ code, message }`: 401 or 503, or 403 for a cookie that
 * fails the CSRF check. It has the headers of the response and, for GraphQL, the `extensions`. Its `cause` is the
 * {@link SessionError}.
 *
 * @example
 * ```ts
 * import { Controller, Delete, Get, Module, UseGuards } from '@nestjs/common'
 * import { APP_GUARD } from '@nestjs/core'
 * import { createSessionValidator } from '@postern/session'
 * import { CurrentAuth, optionalAuth, requireRole, Viewer, type Auth } from '@postern/session/nestjs'
 *
 * @Controller()
 * class UsersController {
 *   @Get('hello')
 *   hello(@Viewer() viewer: Auth | null) {
 *     return `Hello ${viewer?.userId ?? 'stranger'}`
 *   }
 *
 *   @Get('me')
 *   me(@CurrentAuth() auth: Auth) {
 *     return { id: auth.userId }
 *   }
 *
 *   @Delete('users')
 *   @UseGuards(requireRole('ADMIN'))
 *   deleteUsers() {}
 * }
 *
 * const guard = {
 *   provide: APP_GUARD,
 *   useFactory: async () =>
 *     optionalAuth(await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })),
 * }
 *
 * @Module({ controllers: [UsersController], providers: [guard] })
 * export class AppModule {}
 * ```
 */
export function requireAuth(sessions: ValidatesLater, options: TokenSourceOptions = {}): SessionGuard {
  const authenticate = createLaterAuthenticator(sessions, options)
  return guard(async (context) => {
    const request = requestOf(context)
    request.auth = await authenticate(request)
  })
}

/**
 * Accepts every request, and knows its user if it has a valid token. As a global guard, it leaves the decision to
 * `@CurrentAuth()` and `requireRole`.
 */
export function optionalAuth(sessions: ValidatesLater, options: TokenSourceOptions = {}): SessionGuard {
  const authenticate = createLaterAuthenticator(sessions, options)
  return guard(async (context) => {
    // A global guard also sees the messages of microservices and WebSockets.
    if (!hasRequest(context)) return
    const request = requestOf(context)
    const found = await attemptLater(authenticate(request))
    // Both are set: the request of a GraphQL subscription is the same for all its operations.
    const refused = found instanceof SessionError
    request.auth = refused ? undefined : found
    request.authError = refused ? found : undefined
  })
}

/** Requires that `requireAuth` or `optionalAuth` has found a user with this role. Otherwise throws 401, 403 or 503, as above. */
export function requireRole(role: string): SessionGuard {
  return guard((context) => checkRole(known(context), role))
}

/**
 * Requires that the person has proved within the last `seconds` who they are. Otherwise throws 401 with the challenge of RFC
 * 9470: the client reauthenticates and repeats the request. After `requireAuth` or `optionalAuth`.
 */
export function requireRecentAuth(seconds: number): SessionGuard {
  assertSeconds(seconds)
  return guard((context) => checkRecentAuth(known(context), seconds))
}

/** Requires that the person has signed in with all of these methods, such as `mfa`. Otherwise throws 401, as above. */
export function requireAmr(...methods: readonly string[]): SessionGuard {
  assertMethods(methods)
  return guard((context) => checkAmr(known(context), methods))
}

/**
 * The parameter is the authenticated user. Throws as `requireAuth` does for an anonymous request, also if the handler lacks a
 * guard.
 */
export const CurrentAuth: () => ParameterDecorator = createParamDecorator((_: unknown, context: HandlerContext) => {
  try {
    const auth = known(context)
    if (!auth) throw new SessionError('missing_token')
    return auth
  } catch (error) {
    throw forNest(context, error)
  }
})

/** The parameter is the authenticated user, or null. For handlers with `optionalAuth`. */
export const Viewer: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: HandlerContext) => requestOf(context).auth ?? null,
)

/** The user that a guard has found. Throws what it has found instead. */
function known(context: HandlerContext): Auth | undefined {
  const { auth, authError } = requestOf(context)
  if (!auth && authError) throw authError
  return auth
}

const guard = (check: (context: HandlerContext) => unknown): SessionGuard => ({
  async canActivate(context) {
    try {
      await check(context)
      return true
    } catch (error) {
      throw forNest(context, error)
    }
  },
})

/** A refusal in the form that Nest answers, with the headers of the response. Other errors are unchanged. */
function forNest(context: HandlerContext, error: unknown): unknown {
  if (!(error instanceof SessionError)) return error
  const { code, message, status, headers, extensions } = error
  setHeaders(context, headers)
  const refusal = new HttpException({ code, message }, status, { cause: error })
  // GraphQL servers read the code, the status and the headers here.
  return Object.assign(refusal, { extensions })
}
