// Verifies access tokens in this process, for route handlers.
import { createSessionValidator, type SessionValidator } from '@postern/session'

const shared = globalThis as { posternSessions?: Promise<SessionValidator> }

/** One validator for the whole process, also when `next dev` reloads this file. It connects on first use, not in a build. */
export function getSessions(): Promise<SessionValidator> {
  shared.posternSessions ??= createSessionValidator({
    ...keys(),
    redis: process.env['REVOCATION_REDIS_URL'] || required('REDIS_URL'),
    onError: (error) => console.error(error.message),
  })
  return shared.posternSessions
}

function keys() {
  const { POSTERN_JWKS_URL: jwksUrl, REVOCATION_KEY: revocationKey } = process.env
  return { ...(jwksUrl ? { jwksUrl } : { secret: required('JWT_SECRET') }), ...(revocationKey && { revocationKey }) }
}

function required(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}
