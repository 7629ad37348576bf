// The channel Web Push: sends to browsers through their push services (RFC 8030).
import { createHash } from 'node:crypto'
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import { attempt, refusalOf } from '../attempts.js'
import type { Category, Channel, ChannelMessage, Outcome } from '../channel.js'
import type { Devices } from '../devices.js'
import { fit, shorten } from '../fitting.js'
import { encrypt, MAX_MESSAGE_BYTES } from './encryption.js'
import type { PushServices } from './push-services.js'
import type { Subscription } from './subscription.js'
import { type VapidKeys, vapidHeader } from './vapid.js'

/** How long a push service keeps a message for a browser that is away. They may keep it for less. */
const KEPT_SECONDS = 7 * 86_400

const TITLE_CHARACTERS = 150

const URGENCY: Partial<Record<Category, string>> = { SECURITY: 'high', MARKETING: 'low' }

const GONE = [404, 410]

interface Parts {
  devices: Devices<Subscription>
  send: OutboundRequests['send']
  services: PushServices
  keys: VapidKeys
  /** How the operator of a push service reaches the sender: a `mailto:` or an `https:` URL. */
  subject: string
  clock?: () => Date
}

/** What the service worker of the page gets: docs/notification-channels.md. */
const messageOf = ({ notificationId, category, content, link, locale, createdAt }: ChannelMessage) =>
  fit(content.body, MAX_MESSAGE_BYTES, (body) => ({
    ...{ notificationId, category, title: shorten(content.title, TITLE_CHARACTERS), body, link },
    ...{ lang: locale, timestamp: createdAt.getTime() },
  }))

/** An attempt replaces the one before, if the browser has not got it yet: 32 characters of base64url (RFC 8030, section 5.4). */
const topicOf = (deliveryId: string): string => createHash('sha256').update(deliveryId).digest('base64url').slice(0, 32)

function secondsLeft(expiresAt: Date | null, now: Date): number {
  if (expiresAt === null) return KEPT_SECONDS
  return Math.max(0, Math.min(KEPT_SECONDS, Math.round((expiresAt.getTime() - now.getTime()) / 1000)))
}

export function createWebPush({ devices, send, services, keys, subject, clock = () => new Date() }: Parts): Channel {
  function request(message: ChannelMessage, { endpoint, keys: browser }: Subscription, text: Buffer, now: Date) {
    return {
      method: 'POST' as const,
      headers: {
        authorization: vapidHeader(new URL(endpoint), subject, keys, now),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(secondsLeft(message.expiresAt, now)),
        urgency: URGENCY[message.category] ?? 'normal',
        topic: topicOf(message.deliveryId),
      },
      body: encrypt(text, browser),
    }
  }

  return {
    name: 'WEB_PUSH',
    targets: (userId) => devices.targets(userId),

    async deliver(message, signal): Promise<Outcome> {
      const device = await devices.find(message)
      if (!device) return { kind: 'unreachable' }
      const { endpoint } = device.address
      const guard = services.guardOf(endpoint)
      if (!guard) return { kind: 'refused', reason: 'The push service is not one of WEB_PUSH_HOSTS.' }
      const text = messageOf(message)
      if (!text) return { kind: 'refused', reason: 'The link is too long for a push notification.' }
      return attempt(async () => {
        const ask = request(message, device.address, text, clock())
        const answer = await guard(() => send(endpoint, { ...ask, signal }))
        if (answer.status >= 200 && answer.status < 300) {
          devices.noteUse(message.target)
          return { kind: 'delivered' }
        }
        if (GONE.includes(answer.status))
          return { kind: 'refused', reason: 'The browser has unsubscribed.', forgetTarget: true }
        return refusalOf('The push service', answer)
      })
    },

    forget: (userId, target) => devices.forget(userId, target),
  }
}
