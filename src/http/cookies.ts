// The cookies of browsers: their names, attributes, and how to read and set them.
import {
  ACCESS_COOKIE as ACCESS,
  DEVICE_COOKIE as DEVICE,
  readCookie,
  REFRESH_COOKIE as REFRESH,
} from '@postern/contract/cookies'
import { ServiceError } from '@postern/service/errors'
import { stringifySetCookie } from 'cookie'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import type { SessionCookies } from '../resolvers/context.js'
import type { IssuedSession } from '../services/sessions/index.js'
import { requestsCookies, refusalOf } from './cookie-policy.js'
import { oauthCookie, readOAuthCookie } from './oauth-cookie.js'

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

type Issued = IssuedSession & { deviceToken?: string }

const deviceCookie = (value: string, maxAge = DEVICE_SECONDS): Cookie => ({ name: DEVICE, value, maxAge })

function cookiesOf({ token, expiresAt, refreshToken, refreshExpiresAt }: IssuedSession, clock: Clock): Cookie[] {
  const secondsUntil = (moment: Date): number => Math.max(0, Math.floor((moment.getTime() - clock().getTime()) / 1000))
  return [
    { name: ACCESS, value: token, maxAge: secondsUntil(expiresAt) },
    { name: REFRESH, value: refreshToken, maxAge: secondsUntil(refreshExpiresAt) },
  ]
}

const written = (cookies: readonly Cookie[]): string[] =>
  cookies.map((cookie) => stringifySetCookie({ ...cookie, ...ATTRIBUTES }))

/** The values of Set-Cookie for a browser that has come back from a provider. Its request needs no header of a page. */
export const signedInCookies = (session: IssuedSession & { deviceToken: string }, clock: Clock): string[] =>
  written([...cookiesOf(session, clock), deviceCookie(session.deviceToken)])

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

  /** The cookie that a login in this request has set, or the deletion of its account has cleared. */
  let device: Cookie[] = []

  let ofSession: Cookie[] = []
  let oauth: string[] = []

  function write(): void {
    response.values = [...written([...ofSession, ...device]), ...oauth]
  }

  /** Replaces the cookies that an earlier field of the same request has set. */
  function writeSession(cookies: Cookie[]): void {
    ofSession = cookies
    write()
  }

  function permit(): void {
    if (refusal !== null) throw new ServiceError('FORBIDDEN', { message: refusal })
  }

  return {
    accessToken: read(ACCESS),
    refreshToken: read(REFRESH),
    permit,
    deviceToken: read(DEVICE),
    get oauthBinding() {
      return refusal === null ? (readOAuthCookie(headers.cookie)?.binding ?? null) : null
    },
    keepOAuth(binding) {
      permit()
      oauth = [oauthCookie({ binding, deviceToken: read(DEVICE) ?? '' })]
      write()
    },
    set(session: Issued) {
      permit()
      if (session.deviceToken !== undefined) device = [deviceCookie(session.deviceToken)]
      writeSession(cookiesOf(session, clock))
    },
    clear(options) {
      if (refusal !== null) return
      if (options?.device === true) device = [deviceCookie('', 0)]
      writeSession([ACCESS, REFRESH].map((name) => ({ name, value: '', maxAge: 0 })))
    },
  }
}
