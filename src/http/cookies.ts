// The cookies of browsers: their names, attributes, and how to read and set them.
import {
  ACCESS_COOKIE as ACCESS,
  DEVICE_COOKIE as DEVICE,
  readCookie,
  REFRESH_COOKIE as REFRESH,
} from '@postern/contract/cookies'
import { stringifySetCookie } from 'cookie'
import type { IncomingMessage } from 'node:http'
import type { Config } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import type { SessionCookies } from '../resolvers/context.js'
import { AuthError } from '../platform/errors.js'
import { requestsCookies, refusalOf } from './cookie-policy.js'

interface Cookie {
  name: string
  value: string
  /** In seconds. */
  maxAge: number
}

/** The values of Set-Cookie that a response will have. */
export interface ResponseCookies {
  values: readonly string[]
}

const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const

/** The longest that browsers keep a cookie. */
const DEVICE_SECONDS = 400 * 86_400

/**
 * The cookies of a request in cookie mode. Null if tokens travel in bodies and headers. `host`: the host that the browser
 * called.
 */
export function sessionCookies(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  response: ResponseCookies,
  {
    host,
    config,
    clock,
  }: { host: string | undefined; config: Pick<Config, 'COOKIES' | 'ALLOWED_ORIGINS'>; clock: Clock },
): SessionCookies | null {
  if (!config.COOKIES && !requestsCookies({ headers })) return null

  const refusal = refusalOf({ method, headers, host }, config.ALLOWED_ORIGINS)
  const read = (name: string) => (refusal === null ? readCookie(headers.cookie, name) : null)

  const secondsUntil = (moment: Date): number => Math.max(0, Math.floor((moment.getTime() - clock().getTime()) / 1000))

  /** The cookie that a login in this request has set, or the deletion of its account has cleared. */
  let device: Cookie[] = []

  /** Replaces the cookies that an earlier field of the same request has set. */
  function write(cookies: Cookie[]): void {
    response.values = [...cookies, ...device].map((cookie) => stringifySetCookie({ ...cookie, ...ATTRIBUTES }))
  }

  function permit(): void {
    if (refusal !== null) throw new AuthError('FORBIDDEN', { message: refusal })
  }

  return {
    accessToken: read(ACCESS),
    refreshToken: read(REFRESH),
    permit,
    deviceToken: read(DEVICE),
    set({ token, expiresAt, refreshToken, refreshExpiresAt, deviceToken }) {
      permit()
      if (deviceToken !== undefined) device = [{ name: DEVICE, value: deviceToken, maxAge: DEVICE_SECONDS }]
      write([
        { name: ACCESS, value: token, maxAge: secondsUntil(expiresAt) },
        { name: REFRESH, value: refreshToken, maxAge: secondsUntil(refreshExpiresAt) },
      ])
    },
    clear(options) {
      if (refusal !== null) return
      if (options?.device === true) device = [{ name: DEVICE, value: '', maxAge: 0 }]
      write([ACCESS, REFRESH].map((name) => ({ name, value: '', maxAge: 0 })))
    },
  }
}
