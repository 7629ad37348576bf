/**
 * A plugin for Fastify 4 and 5.
 *
 * @packageDocumentation
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
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

/** A hook for `onRequest` or `preHandler`. */
export type AuthHook = (request: FastifyRequest) => Promise<void>

declare module 'fastify' {
  interface FastifyInstance {
    /** Requires a valid token. */
    requireAuth: AuthHook
    /** Accepts every request. */
    optionalAuth: AuthHook
    /** Requires a valid token with this role. */
    requireRole(role: string): AuthHook
    /** Requires a valid token whose person has proved within the last `seconds` who they are. */
    requireRecentAuth(seconds: number): AuthHook
    /** Requires a valid token of a sign-in with all of these methods, such as `mfa`. */
    requireAmr(...methods: readonly string[]): AuthHook
  }
  interface FastifyRequest {
    /** The authenticated user. Throws a 401 SessionError for an anonymous request, also if the route lacks a hook. */
    readonly auth: Auth
    /** The authenticated user, or null. For routes with `optionalAuth`. */
    viewer: Auth | null
  }
}

/** Options of {@link sessionPlugin}. */
export interface SessionPluginOptions extends TokenSourceOptions {
  readonly sessions: ValidatesLater
}

/**
 * Adds the hooks `requireAuth`, `optionalAuth`, `requireRole(…)`, `requireRecentAuth(…)` and `requireAmr(…)`, and
 * `request.auth`. Refusals are thrown as SessionError, and Fastify uses its status and headers.
 *
 * @example
 * ```ts
 * import Fastify from 'fastify'
 * import { createSessionValidator } from '@postern/session'
 * import { sessionPlugin } from '@postern/session/fastify'
 *
 * const sessions = await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })
 *
 * const app = Fastify()
 * await app.register(sessionPlugin, { sessions })
 * app.get('/me', { onRequest: app.requireAuth }, (request) => ({ id: request.auth.userId }))
 * app.get('/hello', { onRequest: app.optionalAuth }, (request) => `Hello ${request.viewer?.userId ?? 'stranger'}`)
 * app.delete('/users', { onRequest: app.requireRole('ADMIN') }, () => ({ done: true }))
 * app.post('/payments', { onRequest: [app.requireRecentAuth(300), app.requireAmr('mfa')] }, () => ({ done: true }))
 * ```
 */
export async function sessionPlugin(app: FastifyInstance, options: SessionPluginOptions): Promise<void> {
  const authenticate = createLaterAuthenticator(options.sessions, options)
  app.decorateRequest('viewer', null)
  app.decorateRequest('auth', {
    getter() {
      if (!this.viewer) throw new SessionError('missing_token')
      return this.viewer
    },
  })
  app.decorate('requireAuth', async (request: FastifyRequest) => {
    request.viewer = await authenticate(request)
  })
  app.decorate('optionalAuth', async (request: FastifyRequest) => {
    const found = await attemptLater(authenticate(request))
    request.viewer = found instanceof SessionError ? null : found
  })
  app.decorate('requireRole', (role: string) => async (request: FastifyRequest) => {
    request.viewer = checkRole(await authenticate(request), role)
  })
  app.decorate('requireRecentAuth', (seconds: number) => {
    assertSeconds(seconds)
    return async (request: FastifyRequest) => {
      request.viewer = checkRecentAuth(request.viewer ?? (await authenticate(request)), seconds)
    }
  })
  app.decorate('requireAmr', (...methods: readonly string[]) => {
    assertMethods(methods)
    return async (request: FastifyRequest) => {
      request.viewer = checkAmr(request.viewer ?? (await authenticate(request)), methods)
    }
  })
}

// Makes the decorators visible outside of the plugin's own scope, as the package fastify-plugin does.
Object.assign(sessionPlugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@postern/session',
})
