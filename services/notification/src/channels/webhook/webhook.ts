// The channel webhook: to each webhook that a person has registered for their own notifications. A delivery is handed to the queue
// of the webhook, which repeats requests, keeps its pace, and has the attempts.
import { v7 as uuidv7 } from 'uuid'
import type { DeliveryRepository } from '@postern/delivery/webhooks/tables/deliveries'
import type { EndpointRepository } from '@postern/delivery/webhooks/tables/endpoints'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Channel, ChannelMessage, Outcome } from '../channel.js'

/** The type of the event that the webhooks of people get. */
export const NOTIFICATION_EVENT = 'notification.created'

interface Options {
  transaction: MysqlTransaction
  /** The webhooks of one person. */
  endpointsOf: (userId: string) => EndpointRepository
  deliveries: DeliveryRepository
  /** The `source` of the events. */
  source: string
  /** Has what is due for these webhooks sent soon. */
  wake: (webhookIds: readonly string[]) => void
  clock: Clock
}

export function createWebhookChannel({ transaction, endpointsOf, deliveries, source, wake, clock }: Options): Channel {
  /** A CloudEvent, as those of the account service. */
  function bodyOf({ deliveryId, notificationId, category, userId, content, link, locale, createdAt }: ChannelMessage) {
    return JSON.stringify({
      ...{ specversion: '1.0', id: deliveryId, source, type: NOTIFICATION_EVENT, subject: userId },
      ...{ time: createdAt.toISOString(), datacontenttype: 'application/json' },
      data: { notificationId, category, title: content.title, body: content.body, link, locale },
    })
  }

  return {
    name: 'WEBHOOK',
    targets: (userId) => endpointsOf(userId).nowWanting(NOTIFICATION_EVENT),

    async deliver(message): Promise<Outcome> {
      const { userId, target, deliveryId } = message
      if (userId === null || target === null) return { kind: 'unreachable' }
      const content = { eventId: deliveryId, type: NOTIFICATION_EVENT, body: bodyOf(message), userId }
      return transaction(async (tx): Promise<Outcome> => {
        const endpoint = await endpointsOf(userId).lock(tx, target)
        if (!endpoint?.enabled) return { kind: 'unreachable' }
        // An earlier attempt may have stored it, without a response.
        const stored = await deliveries.idOf(tx, target, deliveryId)
        if (stored !== null) return { kind: 'delivered', providerId: stored }
        const id = uuidv7()
        await deliveries.insert(tx, [{ id, endpointId: target, ...content }], clock())
        tx.afterCommit(() => wake([target]))
        return { kind: 'delivered', providerId: id }
      })
    },
  }
}
