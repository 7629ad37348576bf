// The settings of notifications, as messages have them and as everything else has them.
import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  Digest as DigestNumber,
  NotificationCategory,
  NotificationChannel,
  type NotificationSettings,
  type UpdateNotificationSettingsRequestSchema,
} from '@postern/proto/notification'

const CATEGORIES = ['SYSTEM', 'WORKFLOW', 'INTEGRATION', 'CONSENT', 'SECURITY', 'MARKETING'] as const
const CHANNELS = ['EMAIL', 'SMS', 'PUSH', 'IN_APP', 'WEBHOOK'] as const
const DIGESTS = ['OFF', 'HOURLY', 'DAILY', 'WEEKLY'] as const

export type Category = (typeof CATEGORIES)[number]
export type Channel = (typeof CHANNELS)[number]
export type Digest = (typeof DIGESTS)[number]

export interface CategorySettings {
  category: Category
  channels: { channel: Channel; enabled: boolean }[]
  digest: Digest
}

export interface QuietHours {
  enabled: boolean
  start: string
  end: string
}

export interface Settings {
  /** Null: that of the deployment. */
  locale: string | null
  timeZone: string
  quietHours: QuietHours
  digestTime: string
  digestWeekday: number
  categories: CategorySettings[]
  phoneNumberEnding: string | null
}

/** What is undefined stays as it is. */
export interface SettingsChanges {
  locale?: string | null | undefined
  timeZone?: string | undefined
  quietHours?: QuietHours | undefined
  digestTime?: string | undefined
  digestWeekday?: number | undefined
  categories?:
    | readonly {
        category: Category
        channels?: readonly { channel: Channel; enabled: boolean }[] | undefined
        digest?: Digest | undefined
      }[]
    | undefined
}

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
