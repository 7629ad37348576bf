// Whether a delivery is sent now, later or never, by the settings of its person. Decided for each attempt: settings change, and quiet
// hours begin.
import type { Category } from '../channels/channel.js'
import { type DeliveryChannel, SETTING_OF, type Settings } from '../settings/settings.js'
import { nextDigest } from '../timing/digests.js'
import { quietUntil } from '../timing/quiet-hours.js'

export type SuppressionReason = 'TURNED_OFF' | 'NOT_REACHABLE' | 'LIMIT' | 'NO_CONSENT' | 'NO_UNSUBSCRIBE_URL'

export type Decision =
  | { kind: 'send' }
  | { kind: 'wait'; until: Date }
  | { kind: 'collect'; until: Date }
  | { kind: 'suppress'; reason: SuppressionReason }

interface Asked {
  category: Category
  channel: DeliveryChannel
  settings: Settings
  /** It has a code or a link that signs in: no digest shows it, and no webhook gets it. */
  isSecret: boolean
  now: Date
}

const SEND: Decision = { kind: 'send' }

/** Those that disturb a person. The list in the app and other systems don't. */
const DISTURBING: ReadonlySet<DeliveryChannel> = new Set(['EMAIL', 'SMS', 'WEB_PUSH', 'FCM', 'APNS'])

/** The owner of an account must learn that someone else uses it, even if that someone has changed the settings. */
export const isAlwaysOn = (category: Category, channel: DeliveryChannel): boolean =>
  category === 'SECURITY' && channel === 'EMAIL'

export function decide({ category, channel, settings, isSecret, now }: Asked): Decision {
  const { channels, digest } = settings.categories[category]
  if (!channels[SETTING_OF[channel]] && !isAlwaysOn(category, channel))
    return { kind: 'suppress', reason: 'TURNED_OFF' }
  // A webhook keeps what it sends, and its receiver keeps it, too.
  if (isSecret && channel === 'WEBHOOK') return { kind: 'suppress', reason: 'TURNED_OFF' }
  if (category === 'SECURITY' || !DISTURBING.has(channel)) return SEND
  if (channel === 'EMAIL' && !isSecret) {
    const digestAt = nextDigest(digest, now, settings)
    if (digestAt) return { kind: 'collect', until: afterQuietHours(digestAt, settings) }
  }
  const until = quietUntil(now, settings.quietHours, settings.timeZone)
  return until ? { kind: 'wait', until } : SEND
}

/** When a digest that is due at `moment` is sent. */
const afterQuietHours = (moment: Date, { quietHours, timeZone }: Settings): Date =>
  quietUntil(moment, quietHours, timeZone) ?? moment
