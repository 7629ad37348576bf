// How a person gets notifications: the defaults, and what they have chosen.
import { CATEGORIES, type Category, type ChannelName } from '../channels/channel.js'
import type { Digest } from '../timing/digests.js'
import type { QuietHours } from '../timing/quiet-hours.js'
import { DEFAULTS } from './defaults.js'

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

/** Of each category only what was chosen, so that a default can change for everyone else. */
export type CategoryChoices = Partial<
  Record<Category, { channels?: Partial<Record<ChannelSetting, boolean>> | undefined; digest?: Digest | undefined }>
>

export interface Choices extends Partial<Omit<Settings, 'categories'>> {
  categories?: CategoryChoices
}

export const settingsOf = ({ categories = {}, ...chosen }: Choices): Settings => ({
  ...DEFAULTS,
  ...chosen,
  categories: Object.fromEntries(
    CATEGORIES.map((category) => {
      const { channels, digest } = DEFAULTS.categories[category]
      const choice = categories[category]
      return [category, { channels: { ...channels, ...choice?.channels }, digest: choice?.digest ?? digest }]
    }),
  ) as Settings['categories'],
})

/** What was chosen before, and now. Of a category, channels that are not named stay as they are. */
export function withChoices(before: Choices, { categories = {}, ...changes }: Choices): Choices {
  const merged = { ...before.categories }
  for (const category of CATEGORIES) {
    const change = categories[category]
    if (!change) continue
    const known = merged[category]
    merged[category] = {
      channels: { ...known?.channels, ...change.channels },
      digest: change.digest ?? known?.digest,
    }
  }
  return { ...before, ...changes, categories: merged }
}
