// How a person gets notifications.
import type { Category, ChannelName } from '../channels/channel.js'
import type { Digest } from '../timing/digests.js'
import type { QuietHours } from '../timing/quiet-hours.js'

/** The channels that people turn on and off. */
export const CHANNEL_SETTINGS = ['EMAIL', 'SMS', 'PUSH', 'IN_APP', 'WEBHOOK'] as const

export type ChannelSetting = (typeof CHANNEL_SETTINGS)[number]

/** Where a delivery goes. `IN_APP` is the list in the app. */
export type DeliveryChannel = ChannelName | 'IN_APP'

/** Which setting decides about a delivery. A person turns push on for all devices. */
export const SETTING_OF: Readonly<Record<DeliveryChannel, ChannelSetting>> = {
  EMAIL: 'EMAIL',
  SMS: 'SMS',
  WEB_PUSH: 'PUSH',
  FCM: 'PUSH',
  APNS: 'PUSH',
  IN_APP: 'IN_APP',
  WEBHOOK: 'WEBHOOK',
}

export interface CategorySettings {
  channels: Readonly<Record<ChannelSetting, boolean>>
  /** Of its e-mails. */
  digest: Digest
}

export interface Settings {
  /** A BCP 47 tag. Null: that of the deployment. */
  locale: string | null
  /** An IANA time zone. */
  timeZone: string
  quietHours: QuietHours
  /** `HH:MM`. */
  digestTime: string
  /** 1 is Monday, 7 is Sunday. */
  digestWeekday: number
  categories: Readonly<Record<Category, CategorySettings>>
}
