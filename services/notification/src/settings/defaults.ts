// How people get notifications until they choose otherwise.
import type { Category } from '../channels/channel.js'
import type { CategorySettings, ChannelSetting, Settings } from './settings.js'

const withChannels = (...on: ChannelSetting[]): CategorySettings => ({
  channels: {
    EMAIL: on.includes('EMAIL'),
    SMS: on.includes('SMS'),
    PUSH: on.includes('PUSH'),
    IN_APP: on.includes('IN_APP'),
    WEBHOOK: on.includes('WEBHOOK'),
  },
  digest: 'OFF',
})

/** SMS cost money, and webhooks are about the deployment: both are off until someone turns them on. */
const CATEGORY_DEFAULTS: Readonly<Record<Category, CategorySettings>> = {
  SYSTEM: withChannels('EMAIL', 'IN_APP'),
  WORKFLOW: withChannels('EMAIL', 'PUSH', 'IN_APP'),
  INTEGRATION: withChannels('EMAIL', 'IN_APP'),
  CONSENT: withChannels('EMAIL', 'IN_APP'),
  SECURITY: withChannels('EMAIL', 'PUSH', 'IN_APP'),
  MARKETING: withChannels('EMAIL'),
}

export const DEFAULTS: Settings = {
  locale: null,
  timeZone: 'UTC',
  quietHours: { enabled: false, start: '22:00', end: '07:00' },
  digestTime: '08:00',
  digestWeekday: 1,
  categories: CATEGORY_DEFAULTS,
}
