// Builds webhooks that the notification service has: what administrators do with them, and the way there.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import type { PostedEvent } from '@postern/service/events/event'
import { createRemoteConsumer } from '@postern/service/events/remote-consumer'
import type { Logger } from '@postern/service/logger'
import { insist } from '@postern/service/insistence'
import { type Config, processesEvents } from '../config/index.js'
import type { AuditEvent, AuditTrail } from '../services/audit/index.js'
import type { AnyEvent, Consumer } from '../services/events/index.js'
import type { WebhookServices } from '../services/webhooks/index.js'
import type { NotificationConnection } from '../upstreams/notification/index.js'
import type { Stores } from './stores.js'
import type { WebhookHost } from './webhook-host.js'

/** How long the entry about the end of a change is tried. */
const RECORD_MS = 5000

interface Parts {
  config: Config
  stores: Pick<Stores, 'backgroundTransaction'>
  audit: { trail: AuditTrail }
  events: { consumers: Consumer[] }
  logger: Logger
}

/** `host`: the webhooks of the time before, which are handed over with the first events. */
export function remoteWebhooks(
  { config, stores, audit, events, logger }: Parts,
  notification: NotificationConnection,
  host: WebhookHost,
) {
  const handOver = host.handOver({
    give: (handed) => notification.give(handed),
    onLostSecret: (webhook) => logger.error({ webhook }, 'the secret of a webhook can not be decrypted: rotate it'),
  })

  let handedOver: Promise<void> | null = null
  /** Once: from now on, webhooks are registered there. */
  const first = (): Promise<void> =>
    (handedOver ??= handOver().then(
      (webhooks) => {
        if (webhooks > 0) logger.info({ webhooks }, 'the notification service has the webhooks now')
      },
      (error: unknown) => {
        handedOver = null
        throw error
      },
    ))

  const deliver = async (handed: readonly PostedEvent[]) => {
    await first()
    return notification.deliver(handed)
  }
  const consumerOf = (name: string) => createRemoteConsumer<AnyEvent>({ name, types: WEBHOOK_EVENT_TYPES, deliver })
  // In the queue of its own webhooks is what waited there at the switch.
  events.consumers.push(consumerOf('notification'), { ...consumerOf('webhooks'), select: () => [] })

  const record = (event: Omit<AuditEvent, 'accountId'>) =>
    stores.backgroundTransaction((tx) => audit.trail.record(tx, { ...event, accountId: null }))
  const services: WebhookServices = notification.webhooks({
    attempted: (action, actor, facts) => record({ action, result: 'ATTEMPTED', actor, facts }),
    async ended(result, action, actor, facts) {
      await insist(() => record({ action, result, actor, facts }), { forMs: RECORD_MS }).catch((error: unknown) =>
        logger.error({ err: error, action, facts }, 'the audit log does not say what became of a change of a webhook'),
      )
    },
  })
  // Without events, webhooks must move, too.
  return { services, send: processesEvents(config) ? first : null }
}
