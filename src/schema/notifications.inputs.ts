// The rules for the inputs of notifications.graphql, beyond the types that the SDL gives. The notification service has more.
import { line, text } from '@postern/service/input/text-rules'
import { z } from 'zod'
import { upTo } from './field-rules.js'

const CATEGORIES = ['SYSTEM', 'WORKFLOW', 'INTEGRATION', 'CONSENT', 'SECURITY', 'MARKETING'] as const
const CHANNELS = ['EMAIL', 'SMS', 'PUSH', 'IN_APP', 'WEBHOOK'] as const
const DIGESTS = ['OFF', 'HOURLY', 'DAILY', 'WEEKLY'] as const

const id = text.max(64, 'must be the ID of a notification')
const short = text.max(100, 'must have at most 100 characters')
const url = text.max(2048, 'must have at most 2048 characters')

/** Absent and null are the same, except for the language. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined)

const quietHours = z.object({ enabled: z.boolean(), start: short, end: short })

const category = z.object({
  category: z.enum(CATEGORIES),
  channels: optional(z.array(z.object({ channel: z.enum(CHANNELS), enabled: z.boolean() })).max(10)),
  digest: optional(z.enum(DIGESTS)),
})

const hasOne = (values: readonly unknown[]): boolean => values.filter((value) => value != null).length === 1

const target = z
  .object({
    webPush: z.object({ endpoint: url, p256dh: short, auth: short }).nullish(),
    fcmToken: url.nullish(),
    apnsToken: url.nullish(),
  })
  .refine(({ webPush, fcmToken, apnsToken }) => hasOne([webPush, fcmToken, apnsToken]), {
    path: ['webPush'],
    message: 'Give exactly one of webPush, fcmToken and apnsToken.',
  })

export const notificationInputs = {
  notifications: z.object({
    first: upTo(100),
    after: short.nullish(),
    unread: z.boolean().nullish(),
    category: z.enum(CATEGORIES).nullish(),
  }),
  markNotificationsRead: z
    .object({ ids: z.array(id).max(100, 'must name at most 100 notifications').nullish(), upTo: id.nullish() })
    .refine(({ ids, upTo: last }) => hasOne([ids, last]), {
      path: ['ids'],
      message: 'Give either ids or upTo.',
    }),
  updateNotificationSettings: z.object({
    locale: short.nullish(),
    timeZone: optional(short),
    quietHours: optional(quietHours),
    digestTime: optional(short),
    digestWeekday: optional(z.number()),
    categories: optional(z.array(category).max(10, 'must name at most 10 categories')),
  }),
  deviceName: z.object({ name: line(100).nullish() }),
  pushTarget: target,
  removePushDevice: z.object({ id }),
}
