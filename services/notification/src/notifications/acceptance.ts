// Takes notifications from senders: stores each once, with what is to be sent of it.
import type { Clock } from '@postern/service/clock'
import { isUniqueViolation } from '@postern/service/database/failures'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { invalidField, ServiceError } from '@postern/service/errors'
import { v7 as uuidv7 } from 'uuid'
import type { Channel, ChannelName } from '../channels/channel.js'
import type { DeliveryTable, NewDelivery } from '../deliveries/delivery-table.js'
import { laneOf } from '../deliveries/lanes.js'
import type { MessageVault } from '../deliveries/message-vault.js'
import type { PeopleTable } from '../people/people-table.js'
import { settingsOf } from '../settings/choices.js'
import { type Composed, type Compose } from './composition.js'
import { expiryProblem, type NewNotificationInput } from './inputs.js'
import type { ReceiverLimits } from './limits.js'
import type { Notification, NotificationTable } from './notification-table.js'
import { planFor, type PlannedDelivery } from './plan.js'

export interface Accepted {
  notification: Notification
  /** It was stored by an earlier call. */
  isRepeated: boolean
}

interface Parts {
  transaction: MysqlTransaction
  people: PeopleTable
  notifications: NotificationTable
  deliveries: DeliveryTable
  channels: ReadonlyMap<ChannelName, Channel>
  compose: Compose
  vault: MessageVault
  limits: ReceiverLimits
  defaultLocale: string
  /** Called after the commit: something is to be sent. */
  wake: () => void
  /** Called after the commit: something is new in the app. */
  announce: (userId: string) => void
  clock: Clock
}

/** An address that the person's settings do not know: only it gets the notification, and settings do not apply. */
export interface DirectAddress {
  channel: 'EMAIL' | 'SMS'
  address: string
}

/** A notification that is not stored yet. */
interface Draft {
  input: NewNotificationInput
  to: DirectAddress | null
  sender: string
  request: string
  composed: Composed
  planned: readonly PlannedDelivery[]
  /** The limits of the person have suppressed all of it. */
  isLimited: boolean
}

export type Acceptance = ReturnType<typeof createAcceptance>

export function createAcceptance(parts: Parts) {
  const { transaction, people, notifications, deliveries, channels, compose, vault, limits, defaultLocale } = parts

  /** What an earlier call with the same key has stored. Throws IDEMPOTENCY_KEY_REUSED if its request was another one. */
  async function earlier(sender: string, { idempotencyKey }: NewNotificationInput, request: string) {
    const found = await notifications.findByKey(sender, idempotencyKey)
    if (!found) return null
    if (!vault.isFingerprint(found.fingerprint, request)) throw new ServiceError('IDEMPOTENCY_KEY_REUSED')
    return { notification: found.notification, isRepeated: true }
  }

  async function storeFor(tx: Statements, userId: string, draft: Draft): Promise<Notification> {
    const { inboxSeq, now } = await people.lockPresent(tx, userId)
    if (draft.to) return store(tx, draft, now, null)
    const { category } = draft.input
    const isLimited = await limits.areReached(tx, userId, category)
    const planned = isLimited ? draft.planned.map((one) => ({ ...one, suppressed: 'LIMIT' as const })) : draft.planned
    // In the app at once, unless it is marketing, which needs consent first.
    const isInApp = isShownInApp(planned) && category !== 'MARKETING'
    if (isInApp) {
      await people.setInboxSeq(tx, userId, inboxSeq + 1)
      tx.afterCommit(() => parts.announce(userId))
    }
    return store(tx, { ...draft, planned, isLimited }, now, isInApp ? inboxSeq + 1 : null)
  }

  async function store(tx: Statements, draft: Draft, now: Date, inboxSeq: number | null): Promise<Notification> {
    const { input, to, sender, request, composed, planned, isLimited } = draft
    const id = uuidv7()
    const rows = planned.map(({ channel, target, suppressed }): NewDelivery => {
      const isPlaced = channel === 'IN_APP' && inboxSeq !== null
      const status = suppressed ? 'SUPPRESSED' : isPlaced ? 'DELIVERED' : 'PENDING'
      const userId = input.userId ?? null
      const lane = laneOf(input.category)
      return { ...{ id: uuidv7(), notificationId: id, userId, channel, target, lane, status }, reason: suppressed }
    })
    const isPending = rows.some(({ status }) => status === 'PENDING')
    const { idempotencyKey } = input
    const addressed = { address: to?.address ?? null, mailKey: input.recipient ? idempotencyKey : null }
    const message = { content: composed.content, ...addressed }
    const stored = {
      ...{ id, userId: input.userId ?? null, category: input.category, template: input.template ?? null },
      ...{ templateVersion: composed.version, locale: composed.locale, ...composed.inApp, link: input.link ?? null },
      ...{ expiresAt: input.expiresAt ?? null, createdAt: now },
    }
    await notifications.insert(tx, {
      ...stored,
      ...{ sender, idempotencyKey, fingerprint: vault.fingerprint(request), inboxSeq },
      message: isPending ? vault.seal(message, id) : null,
      isLimited,
      isSecret: Object.keys(input.secretValues).length > 0 || to !== null,
    })
    await deliveries.insert(tx, rows, now)
    if (isPending) tx.afterCommit(parts.wake)
    return { ...stored, readAt: null }
  }

  return {
    /**
     * `sender`: whose idempotency keys these are. Throws INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, NOT_FOUND if the account was deleted,
     * and SERVICE_UNAVAILABLE if there is no channel for the address `to`.
     */
    async accept(
      sender: string,
      input: NewNotificationInput,
      to: DirectAddress | null = mailTo(input),
    ): Promise<Accepted> {
      const request = JSON.stringify(sorted({ ...input, to }))
      const repeated = await earlier(sender, input, request)
      if (repeated) return repeated
      const problem = input.expiresAt ? expiryProblem(input.expiresAt, parts.clock()) : null
      if (problem !== null) throw invalidField('expiresAt', `Expires at ${problem}.`)
      // It would wait for ever: the sender can keep it instead, and try again.
      if (to && !channels.has(to.channel))
        throw new ServiceError('SERVICE_UNAVAILABLE', { message: `No ${to.channel} is sent here.`, retryAfter: 60 })
      const { userId } = input
      const settings = settingsOf(userId === undefined ? {} : (await people.find(userId)).choices)
      const planned = to
        ? [{ channel: to.channel, target: null, suppressed: null }]
        : await planFor(userId ?? '', input, settings, channels)
      const locale = input.locale ?? settings.locale ?? defaultLocale
      const composed = compose(input, { locale, isInApp: isShownInApp(planned) })
      const draft = { input, to, sender, request, composed, planned, isLimited: false }
      try {
        const notification = await transaction((tx) =>
          userId === undefined ? store(tx, draft, parts.clock(), null) : storeFor(tx, userId, draft),
        )
        return { notification, isRepeated: false }
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        // Another call with the same key was faster.
        const found = await earlier(sender, input, request)
        if (!found) throw error
        return found
      }
    },
  }
}

const mailTo = ({ recipient }: NewNotificationInput): DirectAddress | null =>
  recipient ? { channel: 'EMAIL', address: recipient.email } : null

const isShownInApp = (planned: readonly PlannedDelivery[]): boolean =>
  planned.some(({ channel, suppressed }) => channel === 'IN_APP' && suppressed === null)

/** The same request has the same text, in whatever order its fields were sent. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value instanceof Date || typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]))
}
