// Middleware for Hono that verifies Postern's access tokens.
import type { HttpBindings } from '@hono/node-server'
import { authenticate, checkRole, createSessionValidator, type Auth } from '@postern/session'
import { createMiddleware } from 'hono/factory'
import { keys, origins, redis } from './settings.ts'

/** What handlers behind `requireAuth` can read: `c.var.auth`. */
export interface Env {
  Bindings: HttpBindings
  Variables: { auth: Auth }
}

export const sessions = await createSessionValidator({
  ...keys,
  redis,
  onError: (error) => console.error(error.message),
})

/** A token from the Authorization header, or from the cookie of a page on this host. Throws a SessionError otherwise. */
export const requireAuth = createMiddleware<Env>(async (c, next) => {
  c.set('auth', authenticate(sessions, c.env.incoming, { tokenFrom: ['bearer', 'cookie'], allowedOrigins: origins }))
  await next()
})

/** Use it after `requireAuth`. */
export const requireRole = (role: string) =>
  createMiddleware<Env>(async (c, next) => {
    checkRole(c.var.auth, role)
    await next()
  })
