// Middleware for Hono that verifies Postern's access tokens.
import { createSessionValidator } from '@postern/session'
import { requireAuth } from '@postern/session/hono'
import { keys, origins, redis } from './settings.ts'

export const sessions = await createSessionValidator({
  ...keys,
  redis,
  onError: (error) => console.error(error.message),
})

/** A token from the Authorization header, or from the cookie of a page on this host. Handlers read `c.var.auth`. */
export const signedIn = requireAuth(sessions, { tokenFrom: ['bearer', 'cookie'], allowedOrigins: origins })
