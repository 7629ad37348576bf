// The channel APNs: sends to apps of Apple's platforms.
import { createHash } from 'node:crypto'
import type { Guard } from '@postern/service/breakers'
import { attempt, codeOf, parseAnswer, refusalOf } from '../attempts.js'
import type { Category, Channel, ChannelMessage, Outcome } from '../channel.js'
import type { Device, Devices } from '../devices.js'
import { fit, shorten } from '../fitting.js'
import type { Http2Requests, Http2Response } from '../http2-requests.js'
import { type ApnsKey, createProviderToken } from './provider-token.js'

const MAX_MESSAGE_BYTES = 4096
const TITLE_CHARACTERS = 150

/** 10: at once. 5: when it suits the battery of the device. 1: without waking it. */
const PRIORITY: Partial<Record<Category, string>> = { SECURITY: '10', MARKETING: '1' }

const EXPIRED_TOKEN = 'ExpiredProviderToken'

interface Parts {
  /** The address is the device token, in hexadecimal. */
  devices: Devices<string>
  http: Pick<Http2Requests, 'post'>
  guard: Guard
  key: ApnsKey
  /** The bundle id of the app. */
  topic: string
  now?: () => number
}

const messageOf = ({ notificationId, category, content, link }: ChannelMessage) =>
  fit(content.body, MAX_MESSAGE_BYTES, (body) => ({
    aps: {
      alert: { title: shorten(content.title, TITLE_CHARACTERS), body },
      ...{ sound: 'default', 'thread-id': category },
    },
    ...{ notificationId, category, link },
  }))

/** The same in every attempt, so that Apple shows one notification: a UUID made of the id of the delivery. */
function apnsIdOf(deliveryId: string): string {
  const hex = createHash('sha256').update(deliveryId).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** A device that was registered again after Apple saw it leave is there. */
function goneOf({ registeredAt }: Device<string>, answer: unknown): Outcome {
  const { timestamp } = (answer ?? {}) as { timestamp?: unknown }
  const left = typeof timestamp === 'number' ? timestamp : Number.POSITIVE_INFINITY
  const forgetTarget = registeredAt.getTime() <= left
  return { kind: 'refused', reason: 'The app was removed from the device.', forgetTarget }
}

export function createApns({ devices, http, guard, key, topic, now = Date.now }: Parts): Channel {
  const tokens = createProviderToken(key, now)

  const headersOf = ({ deliveryId, category, expiresAt }: ChannelMessage, token: string) => ({
    authorization: `bearer ${token}`,
    'apns-id': apnsIdOf(deliveryId),
    'apns-collapse-id': apnsIdOf(deliveryId),
    'apns-topic': topic,
    'apns-push-type': 'alert',
    'apns-priority': PRIORITY[category] ?? '10',
    // Without it, Apple tries for up to 30 days.
    ...(expiresAt && { 'apns-expiration': String(Math.floor(expiresAt.getTime() / 1000)) }),
  })

  function outcomeOf({ status, headers, body }: Http2Response, device: Device<string>, token: string): Outcome {
    if (status === 200) {
      const providerId = headers['apns-id']
      return { kind: 'delivered', ...(typeof providerId === 'string' && { providerId }) }
    }
    const answer = parseAnswer(body)
    if (status === 410) return goneOf(device, answer)
    const reason = codeOf((answer as { reason?: unknown } | null)?.reason)
    if (reason === EXPIRED_TOKEN) tokens.expire(token)
    return refusalOf("Apple's push service", { status, retryAfter: headers['retry-after'] }, reason)
  }

  return {
    name: 'APNS',
    targets: (userId) => devices.targets(userId),

    async deliver(message, signal): Promise<Outcome> {
      const device = await devices.find(message)
      if (!device) return { kind: 'unreachable' }
      const body = messageOf(message)
      if (!body) return { kind: 'refused', reason: 'The link is too long for a push notification.' }
      const token = tokens.current()
      return attempt(async () => {
        const request = { path: `/3/device/${device.address}`, headers: headersOf(message, token), body, signal }
        const outcome = outcomeOf(await guard(() => http.post(request)), device, token)
        if (outcome.kind === 'delivered') devices.noteUse(message.target)
        return outcome
      })
    },

    forget: (userId, target) => devices.forget(userId, target),
  }
}
