// The channel FCM: sends to apps through Firebase Cloud Messaging, by its HTTP v1 API.
import { createHash } from 'node:crypto'
import type { Guard } from '@postern/service/breakers'
import { attempt, codeOf, parseAnswer, refusalOf } from '../attempts.js'
import { type Category, type Channel, type ChannelMessage, type Outcome, TryAgain } from '../channel.js'
import type { Devices } from '../devices.js'
import { fit, shorten } from '../fitting.js'
import type { Http2Requests, Http2Response } from '../http2-requests.js'
import type { AccessTokens } from './access-token.js'

/** FCM counts only the notification and the data. This is all of the message, to be sure. */
const MAX_MESSAGE_BYTES = 4096
const TITLE_CHARACTERS = 150

/** The longest time that FCM keeps a message: four weeks. */
const MAX_TTL_SECONDS = 28 * 86_400

const PRIORITY: Partial<Record<Category, string>> = { SECURITY: 'high', MARKETING: 'normal' }

/** The registration token belongs to no app any more. */
const GONE = 'UNREGISTERED'

/**
 * The registration token is of another project. With a service account of the wrong project, all are: an operator can correct that, as
 * other credentials, and no device must be lost until then.
 */
const OTHER_PROJECT = 'SENDER_ID_MISMATCH'

interface Parts {
  /** The address is the registration token. */
  devices: Devices<string>
  http: Pick<Http2Requests, 'post'>
  guard: Guard
  tokens: AccessTokens
  projectId: string
  now?: () => number
}

/** The part of an error response that says what is wrong. */
interface Detail {
  errorCode?: unknown
  fieldViolations?: { field?: unknown }[]
}

function detailsOf(text: string): Detail[] {
  const answer = parseAnswer(text) as { error?: { details?: unknown } } | null
  return Array.isArray(answer?.error?.details) ? (answer.error.details as Detail[]) : []
}

/** Whether the token is none: other bad arguments are a fault of ours, and no reason to forget a device. */
const isBadToken = (details: readonly Detail[]): boolean =>
  details.some(({ fieldViolations }) => fieldViolations?.some(({ field }) => field === 'message.token') ?? false)

export function createFcm({ devices, http, guard, tokens, projectId, now = Date.now }: Parts): Channel {
  function messageOf(
    { deliveryId, notificationId, category, content, link, expiresAt }: ChannelMessage,
    token: string,
  ) {
    const left = expiresAt === null ? MAX_TTL_SECONDS : Math.round((expiresAt.getTime() - now()) / 1000)
    const android = {
      priority: PRIORITY[category] ?? 'high',
      ttl: `${Math.max(0, Math.min(MAX_TTL_SECONDS, left))}s`,
      // An attempt replaces the one before.
      collapse_key: createHash('sha256').update(deliveryId).digest('base64url').slice(0, 32),
    }
    return fit(content.body, MAX_MESSAGE_BYTES, (body) => ({
      message: {
        ...{ token, android, notification: { title: shorten(content.title, TITLE_CHARACTERS), body } },
        data: { notificationId, category, ...(link !== null && { link }) },
      },
    }))
  }

  function outcomeOf({ status, headers, body }: Http2Response, accessToken: string): Outcome {
    if (status === 200) {
      const { name } = (parseAnswer(body) ?? {}) as { name?: unknown }
      return { kind: 'delivered', ...(typeof name === 'string' && { providerId: name.slice(0, 200) }) }
    }
    const details = detailsOf(body)
    const code = details.map(({ errorCode }) => codeOf(errorCode)).find((each) => each !== undefined)
    if (code === GONE || isBadToken(details))
      return { kind: 'refused', reason: 'The app was removed from the device.', forgetTarget: true }
    if (code === OTHER_PROJECT) throw new TryAgain('The device is of another project than FCM_SERVICE_ACCOUNT.')
    if (status === 401) tokens.forget(accessToken)
    return refusalOf('FCM', { status, retryAfter: headers['retry-after'] }, code)
  }

  return {
    name: 'FCM',
    targets: (userId) => devices.targets(userId),

    async deliver(message, signal): Promise<Outcome> {
      const device = await devices.find(message)
      if (!device) return { kind: 'unreachable' }
      const body = messageOf(message, device.address)
      if (!body) return { kind: 'refused', reason: 'The link is too long for a push notification.' }
      return attempt(() =>
        guard(async () => {
          const accessToken = await tokens.current()
          const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
          const path = `/v1/projects/${projectId}/messages:send`
          const outcome = outcomeOf(await http.post({ path, headers, body, signal }), accessToken)
          if (outcome.kind === 'delivered') devices.noteUse(message.target)
          return outcome
        }),
      )
    },

    forget: (userId, target) => devices.forget(userId, target),
  }
}
