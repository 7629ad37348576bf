// The cookies of browsers: their names, attributes, and how to read and set them.
import { stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.js'
import type { SessionCookies } from '../resolvers/context.js'
import { AuthError } from '../platform/errors.js'
import { asksForCookies, refusalOf } from './cookie-policy.js'

/** With `__Host-` browsers see to it that no other host, not even a subdomain, can set or shadow them (RFC 6265bis). */
const ACCESS = '__Host-postern-access'
const REFRESH = '__Host-postern-refresh'

const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const

/** The cookies of a request in cookie mode. Null if tokens travel in bodies and headers. */
export function sessionCookies(
  request: FastifyRequest,
  reply: FastifyReply,
  config: Pick<Config, 'COOKIES' | 'ALLOWED_ORIGINS'>,
): SessionCookies | null {
  if (!config.COOKIES && !asksForCookies(request)) return null

  const refusal = refusalOf(request, config.ALLOWED_ORIGINS)
  const read = (name: string) => (refusal === null ? readCookie(request.headers.cookie, name) : null)

  /** Replaces the cookies that an earlier field of the same request has set. */
  function write(cookies: { name: string; value: string; maxAge: number }[]): void {
    void reply.removeHeader('set-cookie')
    void reply.header(
      'set-cookie',
      cookies.map((cookie) => stringifySetCookie({ ...cookie, ...ATTRIBUTES })),
    )
  }

  function permit(): void {
    if (refusal !== null) throw new AuthError('FORBIDDEN', { message: refusal })
  }

  return {
    accessToken: read(ACCESS),
    refreshToken: read(REFRESH),
    permit,
    set({ token, expiresAt, refreshToken, refreshExpiresAt }) {
      permit()
      write([
        { name: ACCESS, value: token, maxAge: secondsUntil(expiresAt) },
        { name: REFRESH, value: refreshToken, maxAge: secondsUntil(refreshExpiresAt) },
      ])
    },
    clear() {
      if (refusal === null) write([ACCESS, REFRESH].map((name) => ({ name, value: '', maxAge: 0 })))
    },
  }
}

/**
 * A cookie that holds nothing but a token, and is there once. Libraries read more kindly: of two cookies of one name they
 * take the first, and they undo quotes and percent signs, none of which this service ever wrote.
 */
function readCookie(header: string | undefined, name: string): string | null {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.replace(/^ /, ''))
    .flatMap((pair) => (pair.startsWith(`${name}=`) ? [pair.slice(name.length + 1)] : []))
  const [value = ''] = values
  return values.length === 1 && /^[\w.-]{1,4096}$/.test(value) ? value : null
}

const secondsUntil = (moment: Date): number => Math.max(0, Math.floor((moment.getTime() - Date.now()) / 1000))
