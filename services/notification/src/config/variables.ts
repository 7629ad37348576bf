// Every variable that the notification service reads, with its default.
import { mailVariables } from '@postern/delivery/mail/variables'
import { outboundVariables } from '@postern/delivery/outbound/variables'
import { webhookVariables } from '@postern/delivery/webhooks/variables'
import { databaseUrl } from '@postern/service/database/variables'
import { portOrOff, programVariables } from '@postern/service/program-variables'
import { serviceAddress } from '@postern/service/service-address'
import { count, list, secret, seconds } from '@postern/service/values'
import { z } from 'zod'
import { channelVariables } from './channel-variables.js'
import { localeNamed } from '../settings/locales.js'

const DAY = 86_400

const locale = z.string().transform((tag, context) => {
  const known = localeNamed(tag)
  if (known === undefined) context.addIssue('must be a language, such as en or pt-BR')
  return known ?? tag
})

const origin = z
  .string()
  .refine(
    (value) => ['http:', 'https:'].includes(URL.parse(value)?.protocol ?? '') && URL.parse(value)?.origin === value,
    'must be an origin, such as https://notifications.example.com, without a path',
  )

const { WEBHOOK_RATE, WEBHOOK_RETENTION } = webhookVariables.shape

/** Those without the prefix mean the same for all services. */
export const variables = programVariables.extend({
  NOTIFICATION_DATABASE_URL: databaseUrl,
  NOTIFICATION_GRPC_HOST: z.string().optional(),
  NOTIFICATION_GRPC_PORT: count(50_054, 0, 65_535),
  /** Metrics and probes. */
  NOTIFICATION_METRICS_PORT: portOrOff(9098),
  /** What is stored of messages, devices and telephone numbers is encrypted with it, and links to unsubscribe are signed. */
  NOTIFICATION_KEY: secret,
  NOTIFICATION_KEY_PREVIOUS: list.refine(
    (keys) => keys.every((key) => Buffer.byteLength(key) >= 32),
    'must be earlier values of NOTIFICATION_KEY, separated by commas; each is at least 32 bytes long',
  ),
  /** The language of people who have chosen none. */
  NOTIFICATION_LOCALE: locale.default('en'),
  NOTIFICATION_TEMPLATES_DIR: z.string().optional(),
  /** Where mail programs reach NOTIFICATION_HTTP_PORT. */
  NOTIFICATION_URL: origin.optional(),
  NOTIFICATION_HTTP_PORT: portOrOff(8094),
  NOTIFICATION_RETENTION: seconds(90 * DAY, 30 * DAY),
  /** How many notifications of a category a person gets. 0: no limit. */
  NOTIFICATION_HOURLY_LIMIT: count(60, 0, 1_000_000),
  NOTIFICATION_DAILY_LIMIT: count(300, 0, 1_000_000),
  /** How many notifications a service or an administrator may send a minute. 0: no limit. */
  NOTIFICATION_SENDER_RATE: count(6000, 0, 1_000_000),
  /** The account service, which knows addresses. */
  AUTH_GRPC_URL: serviceAddress.optional(),
  /** The consent service, which knows who wants marketing. */
  CONSENT_GRPC_URL: serviceAddress.optional(),
  ...mailVariables.shape,
  ...outboundVariables.shape,
  ...channelVariables.shape,
  ...{ WEBHOOK_RATE, WEBHOOK_RETENTION },
  /** Which of OUTBOUND_ALLOWED_HOSTS webhooks of people can have. */
  NOTIFICATION_WEBHOOK_HOSTS: list,
})
