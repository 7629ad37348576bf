// The variables of passkeys: the domain that they belong to, and the pages that may use them.
import { isIP } from 'node:net'
import { z } from 'zod'
import { list, type Variables } from '@postern/service/values'

/** At least two labels: no browser creates a passkey for `com` alone. */
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/

/** How Android names an app: the SHA-256 of the certificate that signs it. */
const ANDROID_APP = /^android:apk-key-hash:[\w-]{43}$/

const isDomain = (host: string): boolean => host === 'localhost' || (DOMAIN.test(host) && isIP(host) === 0)

/** WebAuthn requires HTTPS, except on localhost. */
const isSecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')

function isOrigin(item: string): boolean {
  const url = URL.parse(item)
  // A URL may contain an asterisk, but no page has such an origin.
  if (item.includes('*')) return false
  return ANDROID_APP.test(item) || (url?.origin === item && isSecure(url))
}

/** Whether a browser lets this page use passkeys of the domain. */
function canUse(origin: string, rpId: string): boolean {
  if (ANDROID_APP.test(origin)) return true
  const url = URL.parse(origin)
  return url !== null && isSecure(url) && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`))
}

export const passkeyVariables = z.object({
  PASSKEY_RP_ID: z
    .string()
    .refine(isDomain, 'must be a domain in lower case, such as example.com, without scheme, port and path')
    .optional(),
  PASSKEY_ORIGINS: list.refine((items) => items.every(isOrigin), {
    message: 'must be comma-separated origins with https, such as https://app.example.com, or with http on localhost',
  }),
})

/** What passkeys follow from. */
interface Sources {
  NODE_ENV: string
  APP_URL: string
  ALLOWED_ORIGINS: readonly string[]
  PASSKEY_RP_ID?: string | undefined
  PASSKEY_ORIGINS: readonly string[]
}

export interface PasskeySettings {
  /** Undefined: passkeys are off. */
  PASSKEY_RP_ID: string | undefined
  PASSKEY_ORIGINS: readonly string[]
}

/**
 * By default the domain is that of the pages, and those of APP_URL and ALLOWED_ORIGINS that a browser allows may use it.
 * Passkeys are off if there is no such domain: with an IP address, or with localhost in production.
 */
export function passkeySettings(sources: Sources): PasskeySettings {
  const { NODE_ENV, APP_URL, ALLOWED_ORIGINS, PASSKEY_ORIGINS } = sources
  const { hostname, origin } = new URL(APP_URL)
  const isUsable = isDomain(hostname) && !(NODE_ENV === 'production' && hostname === 'localhost')
  const rpId = sources.PASSKEY_RP_ID ?? (isUsable ? hostname : undefined)
  if (rpId === undefined) return { PASSKEY_RP_ID: undefined, PASSKEY_ORIGINS: [] }
  const own = [...new Set([origin, ...ALLOWED_ORIGINS])].filter((page) => canUse(page, rpId))
  const origins = PASSKEY_ORIGINS.length > 0 ? PASSKEY_ORIGINS : own
  return { PASSKEY_RP_ID: origins.length > 0 ? rpId : undefined, PASSKEY_ORIGINS: origins }
}

/** Finds variables that are valid alone but not together. */
export function passkeyProblems(env: Variables): string[] {
  const { PASSKEY_RP_ID: given, PASSKEY_ORIGINS: origins = '' } = env
  if (given === undefined && origins === '') return []
  const rpId = given ?? URL.parse(env['APP_URL'] ?? 'http://localhost')?.hostname ?? ''
  if (!isDomain(rpId)) return given === undefined ? ['PASSKEY_ORIGINS requires PASSKEY_RP_ID'] : []
  if (env['NODE_ENV'] === 'production' && rpId === 'localhost')
    return [
      given === undefined
        ? 'PASSKEY_ORIGINS requires PASSKEY_RP_ID or APP_URL'
        : 'PASSKEY_RP_ID must not be localhost in production',
    ]
  const listed = list.parse(origins)
  const pages =
    listed.length > 0 ? listed : [env['APP_URL'] ?? 'http://localhost', ...list.parse(env['ALLOWED_ORIGINS'])]
  if (listed.some((origin) => isOrigin(origin) && !canUse(origin, rpId)))
    return [
      'PASSKEY_ORIGINS has an origin that is neither at the domain of PASSKEY_RP_ID nor below it: no browser would allow it',
    ]
  if (pages.some((page) => canUse(page, rpId))) return []
  return ['PASSKEY_RP_ID has no pages: set PASSKEY_ORIGINS, or APP_URL and ALLOWED_ORIGINS']
}
