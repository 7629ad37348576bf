// The settings of notifications, as messages have them and as everything else has them.
import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  Digest as DigestNumber,
  NotificationCategory,
  NotificationChannel,
  type NotificationSettings,
  type UpdateNotificationSettingsRequestSchema,
} from '@postern/proto/notification'
import {
  CATEGORIES,
  type Category,
  CHANNELS,
  DIGESTS,
  type NotificationSettings as Settings,
  type SettingsChanges,
} from '../../services/notifications/index.js'

/** Undefined for a number that this version does not know. */
const named = <Name extends string>(names: readonly Name[], name: string | undefined): Name | undefined =>
  names.find((known) => known === name)

/** One that this version does not know is nothing special. */
export const categoryOf = (category: NotificationCategory): Category =>
  named(CATEGORIES, NotificationCategory[category]) ?? 'SYSTEM'

export function settingsOf(settings: NotificationSettings | undefined): Settings {
  if (!settings) throw new Error('the notification service has returned no settings')
  const { locale, timeZone, quietHours, digestTime, digestWeekday, categories, phoneNumberEnding } = settings
  return {
    locale: locale === '' ? null : locale,
    ...{ timeZone, digestTime, digestWeekday },
    quietHours: {
      enabled: quietHours?.enabled ?? false,
      start: quietHours?.start ?? '',
      end: quietHours?.end ?? '',
    },
    categories: categories.flatMap(({ category: number, channels, digest }) => {
      const category = named(CATEGORIES, NotificationCategory[number])
      if (!category) return []
      return [
        {
          category,
          channels: channels.flatMap(({ channel: of, enabled }) => {
            const channel = named(CHANNELS, NotificationChannel[of])
            return channel ? [{ channel, enabled }] : []
          }),
          digest: named(DIGESTS, DigestNumber[digest]) ?? 'OFF',
        },
      ]
    }),
    phoneNumberEnding: phoneNumberEnding ?? null,
  }
}

export const writeChanges = ({
  locale,
  timeZone,
  quietHours,
  digestTime,
  digestWeekday,
  categories = [],
}: SettingsChanges): MessageInitShape<typeof UpdateNotificationSettingsRequestSchema> => ({
  ...(locale !== undefined && { locale: locale ?? '' }),
  ...(timeZone !== undefined && { timeZone }),
  ...(quietHours && { quietHours }),
  ...(digestTime !== undefined && { digestTime }),
  ...(digestWeekday !== undefined && { digestWeekday }),
  categories: categories.map(({ category, channels = [], digest }) => ({
    category: NotificationCategory[category],
    channels: channels.map(({ channel, enabled }) => ({ channel: NotificationChannel[channel], enabled })),
    ...(digest !== undefined && { digest: DigestNumber[digest] }),
  })),
})
