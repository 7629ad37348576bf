// Which deliveries a notification gets when it is accepted. Whether each is sent, and when, is decided later.
import type { Channel, ChannelName } from '../channels/channel.js'
import { isAlwaysOn, type SuppressionReason } from '../deliveries/decision.js'
import {
  CHANNEL_SETTINGS,
  type ChannelSetting,
  type DeliveryChannel,
  SETTING_OF,
  type Settings,
} from '../settings/settings.js'
import type { NewNotificationInput } from './inputs.js'

export interface PlannedDelivery {
  channel: DeliveryChannel
  target: string | null
  /** Null: it is to be sent. */
  suppressed: SuppressionReason | null
}

/** Stands for its setting if there is nothing to send to. */
const FIRST_OF: Readonly<Record<ChannelSetting, DeliveryChannel>> = {
  EMAIL: 'EMAIL',
  SMS: 'SMS',
  PUSH: 'WEB_PUSH',
  IN_APP: 'IN_APP',
  WEBHOOK: 'WEBHOOK',
}

type Channels = ReadonlyMap<ChannelName, Channel>

/** By default all channels that the person has turned on. Those that the sender names are recorded, even if nothing is sent there. */
export async function planFor(
  userId: string,
  { category, channels: named }: Pick<NewNotificationInput, 'category' | 'channels'>,
  settings: Settings,
  channels: Channels,
): Promise<PlannedDelivery[]> {
  const isOn = (setting: ChannelSetting) =>
    settings.categories[category].channels[setting] || isAlwaysOn(category, FIRST_OF[setting])
  const isNamed = named.length > 0
  const asked = CHANNEL_SETTINGS.filter((setting) => (isNamed ? named.includes(setting) : isOn(setting)))
  const planned = await Promise.all(
    asked.map(async (setting): Promise<PlannedDelivery[]> => {
      const nothing = (suppressed: SuppressionReason) => [{ channel: FIRST_OF[setting], target: null, suppressed }]
      if (!isOn(setting)) return nothing('TURNED_OFF')
      const found = await targetsOf(userId, setting, channels)
      if (found.length > 0) return found.map((one) => ({ ...one, suppressed: null }))
      return isNamed ? nothing('NOT_REACHABLE') : []
    }),
  )
  return planned.flat()
}

async function targetsOf(
  userId: string,
  setting: ChannelSetting,
  channels: Channels,
): Promise<Pick<PlannedDelivery, 'channel' | 'target'>[]> {
  if (setting === 'IN_APP') return [{ channel: 'IN_APP', target: null }]
  const ofSetting = [...channels.values()].filter(({ name }) => SETTING_OF[name] === setting)
  const found = await Promise.all(
    ofSetting.map(async (channel) => {
      const targets = await channel.targets(userId)
      return targets.map((target) => ({ channel: channel.name, target }))
    }),
  )
  return found.flat()
}
