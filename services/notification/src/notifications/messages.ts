// Writes notifications and their deliveries as messages, and reads the enums of requests.
import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf'
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  DeliveryStatus,
  NotificationCategory,
  NotificationChannel,
  type NotificationDeliverySchema,
  type NotificationSchema,
  type SendNotificationRequest,
} from '@postern/proto/notification'
import type { Category } from '../channels/channel.js'
import type { Delivery } from '../deliveries/delivery-table.js'
import { type ChannelSetting, SETTING_OF } from '../settings/settings.js'
import type { Notification } from './notification-table.js'

type NotificationMessage = MessageInitShape<typeof NotificationSchema>

const time = (value: Date | null) => (value === null ? undefined : timestampFromDate(value))

export const categoryMessage = (category: Category): NotificationCategory => NotificationCategory[category]

export const channelMessage = (setting: ChannelSetting): NotificationChannel => NotificationChannel[setting]

/** Undefined for UNSPECIFIED and values of newer versions: the rules of the input refuse that. */
const nameOf = (names: Readonly<Record<number, string>>, value: number): string | undefined =>
  value === 0 ? undefined : names[value]

export const categoryName = (value: NotificationCategory): string | undefined => nameOf(NotificationCategory, value)

export const channelName = (value: NotificationChannel): string | undefined => nameOf(NotificationChannel, value)

export const deliveryMessage = ({
  id,
  channel,
  status,
  reason,
  waitsFor,
  dueAt,
  attempts,
}: Delivery): MessageInitShape<typeof NotificationDeliverySchema> => ({
  ...{ id, channel: channelMessage(SETTING_OF[channel]), status: DeliveryStatus[status] },
  reason: reason ?? waitsFor ?? undefined,
  nextAttemptAt: time(dueAt),
  attempts: attempts.map(({ attemptedAt, delivered, failure, providerId }) => ({
    ...{ delivered, failure: failure ?? undefined, providerId: providerId ?? undefined },
    attemptedAt: timestampFromDate(attemptedAt),
  })),
})

export const notificationMessage = (
  { userId, category, template, templateVersion, link, createdAt, readAt, expiresAt, ...rest }: Notification,
  deliveries: readonly Delivery[] = [],
): NotificationMessage => ({
  ...{ id: rest.id, title: rest.title, body: rest.body, locale: rest.locale },
  ...{ userId: userId ?? '', category: categoryMessage(category), link: link ?? undefined },
  ...{ template: template ?? undefined, templateVersion: templateVersion ?? undefined },
  ...{ createdAt: timestampFromDate(createdAt), readAt: time(readAt), expiresAt: time(expiresAt) },
  deliveries: deliveries.map(deliveryMessage),
})

/** What the rules of the input check. */
export const newNotificationOf = ({
  userId,
  recipient,
  category,
  values = {},
  secretValues = {},
  channels,
  expiresAt,
  ...rest
}: SendNotificationRequest): Record<string, unknown> => ({
  ...{ template: rest.template, title: rest.title, body: rest.body, link: rest.link, locale: rest.locale },
  ...{ idempotencyKey: rest.idempotencyKey, userId: userId === '' ? undefined : userId, recipient },
  ...{ category: categoryName(category), values: values satisfies JsonObject, secretValues },
  channels: channels.map(channelName),
  expiresAt: expiresAt && timestampDate(expiresAt),
})
