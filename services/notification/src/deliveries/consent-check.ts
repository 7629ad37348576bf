// Whether a person wants marketing, by the way that it is sent. Asked for each attempt: nothing is sent on the word of yesterday.
import { type ChannelSetting, type DeliveryChannel, SETTING_OF } from '../settings/settings.js'

/** Rejects if the answer can't be had now. */
export type HasConsent = (userId: string, channel: DeliveryChannel, signal: AbortSignal) => Promise<boolean>

/**
 * The scopes of the purpose. Null: the consent to any way is enough. The list in the app is read only by a person who opens it, and a
 * webhook is one that the person has registered.
 */
const SCOPES: Readonly<Record<ChannelSetting, string | null>> = {
  ...{ EMAIL: 'email', SMS: 'sms', PUSH: 'push' },
  ...{ IN_APP: null, WEBHOOK: null },
}

/** What the consent to marketing on this channel must include. */
export function scopesFor(channel: DeliveryChannel): string[] {
  const scope = SCOPES[SETTING_OF[channel]]
  return scope === null ? [] : [scope]
}
