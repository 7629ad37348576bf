// The variables of the channels. A channel whose variables are absent is off.
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pem } from '@postern/service/pem'
import { count, list, type Variables } from '@postern/service/values'
import { z } from 'zod'
import { readServiceAccount } from '../channels/fcm/service-account.js'
import { PUSH_SERVICES } from '../channels/web-push/push-services.js'
import { readVapidKey } from '../channels/web-push/vapid.js'

/** The base URL of an API. */
const baseUrl = z.string().refine((text) => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text)
}, 'must be a URL without credentials, ? and #, such as https://api.example.com')

const vapidKey = z.string().transform((text, context) => {
  try {
    return readVapidKey(text)
  } catch {
    context.addIssue('must be a private key of P-256: 32 bytes in base64url')
    return z.NEVER
  }
})

const subject = z
  .string()
  .regex(
    /^(?:mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/,
    'must be a mailto: or an https: URL, such as mailto:ops@example.com',
  )

const pushHosts = list
  .transform((hosts) => (hosts.length > 0 ? hosts.map((host) => host.replace(/:443$/, '')) : PUSH_SERVICES))
  .refine(
    (hosts) => hosts.every((host) => /^(?:\*\.)?[a-z\d-]+(?:\.[a-z\d-]+)*(?::[1-9]\d{0,4})?$/.test(host)),
    'must be comma-separated host names, such as fcm.googleapis.com,*.push.apple.com,push.internal:8443',
  )

const serviceAccount = z.string().transform((value, context) => {
  const account = readServiceAccount(value.trimStart().startsWith('{') ? value : fileOr(value, ''))
  if (account) return account
  context.addIssue('must be the key file of a service account, as JSON, or its path')
  return z.NEVER
})

function fileOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}

const apnsKey = pem.transform((text, context) => {
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
  } catch {
    // It is none.
  }
  context.addIssue("must be the .p8 file of Apple's key, as PEM, or its path")
  return z.NEVER
})

/** As Apple writes them. */
const appleId = z.string().regex(/^[A-Z0-9]{10}$/, 'must be ten capital letters and digits')

export const channelVariables = z.object({
  SMS_URL: baseUrl.optional(),
  SMS_ACCOUNT: z.string().optional(),
  SMS_TOKEN: z.string().optional(),
  SMS_FROM: z.string().optional(),
  SMS_STATUS_URL: baseUrl.optional(),
  SMS_MAX_SEGMENTS: count(3, 1, 10),
  SMS_CODES_PER_HOUR: count(100, 1, 100_000),
  VAPID_PRIVATE_KEY: vapidKey.optional(),
  VAPID_SUBJECT: subject.optional(),
  WEB_PUSH_HOSTS: pushHosts,
  FCM_SERVICE_ACCOUNT: serviceAccount.optional(),
  FCM_URL: baseUrl.default('https://fcm.googleapis.com'),
  APNS_KEY: apnsKey.optional(),
  APNS_KEY_ID: appleId.optional(),
  APNS_TEAM_ID: appleId.optional(),
  APNS_TOPIC: z.string().optional(),
  APNS_URL: baseUrl.default('https://api.push.apple.com'),
})

export type ChannelVariables = z.output<typeof channelVariables>

/** What belongs together: all of them or none. */
const GROUPS = [
  ['SMS_URL', 'SMS_ACCOUNT', 'SMS_TOKEN', 'SMS_FROM'],
  ['VAPID_PRIVATE_KEY', 'VAPID_SUBJECT'],
  ['APNS_KEY', 'APNS_KEY_ID', 'APNS_TEAM_ID', 'APNS_TOPIC'],
]

/** Their requests carry a token, or the numbers and texts of people. */
const PRIVATE = ['SMS_URL', 'FCM_URL', 'APNS_URL']

/** What these variables must agree on. */
export function channelProblems(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const incomplete = GROUPS.flatMap((names) => {
    const present = names.find(has)
    return present === undefined ? [] : names.filter((name) => !has(name)).map((name) => `${present} needs ${name}`)
  })
  const plain = PRIVATE.filter((name) => env['NODE_ENV'] === 'production' && env[name]?.startsWith('http:'))
  return [...incomplete, ...plain.map((name) => `${name} must start with https:// in production`)]
}
