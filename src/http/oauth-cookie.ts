// The cookie of sign-ins at providers: what binds them to the browser, and the token by which the browser is recognized.
import { OAUTH_COOKIE, readCookie } from '@postern/contract/cookies'
import { stringifySetCookie } from 'cookie'
import { FLOW_SECONDS } from '../services/oauth/index.js'

/** Lax, because the browser comes from the provider. No other cookie does, so this one carries the device token along. */
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'lax', maxAge: FLOW_SECONDS } as const

const FORM = /^([\w-]{43})\.([\w.-]*)$/

export interface OAuthCookie {
  binding: string
  /** Empty if the browser has none. */
  deviceToken: string
}

export function readOAuthCookie(header: string | undefined): OAuthCookie | null {
  const [, binding, deviceToken = ''] = FORM.exec(readCookie(header, OAUTH_COOKIE) ?? '') ?? []
  return binding === undefined ? null : { binding, deviceToken }
}

/** A value of Set-Cookie. */
export const oauthCookie = ({ binding, deviceToken }: OAuthCookie): string =>
  stringifySetCookie({ name: OAUTH_COOKIE, value: `${binding}.${deviceToken}`, ...ATTRIBUTES })
