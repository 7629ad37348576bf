// Builds webhooks: their consumer of events, what administrators do with them, and the sending.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import { DELIVERY_RESULTS } from '@postern/delivery/webhooks/sending'
import { createWebhooks as createHost } from '@postern/delivery/webhooks/webhooks'
import type { Clock } from '@postern/service/clock'
import { toCloudEvent } from '@postern/service/events/cloud-event'
import type { Logger } from '@postern/service/logger'
import { deriveSecret } from '@postern/service/sealing'
import { type Config, processesEvents } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import type { AuditTrail } from '../services/audit/index.js'
import { type AnyEvent, type Consumer, type EventTrail, sourceOf } from '../services/events/index.js'
import { createWebhookRecords, type WebhookServices } from '../services/webhooks/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** A deployment has few. */
const MAX_WEBHOOKS = 50

/** Without a WEBHOOK_KEY it follows from another secret, which must then stay the same. */
const currentKey = ({ WEBHOOK_KEY, REFRESH_KEY }: Config): string =>
  WEBHOOK_KEY ?? deriveSecret(REFRESH_KEY, 'postern webhook key v1')

interface Parts {
  config: Config
  stores: Stores
  repositories: Repositories
  outbound: OutboundRequests
  audit: { trail: AuditTrail }
  events: { trail: EventTrail; consumers: Consumer[] }
  logger: Logger
  metrics: Metrics
  clock: Clock
}

export function createWebhooks({
  config,
  stores,
  repositories: { users },
  outbound,
  audit: { trail: audit },
  events,
  logger,
  metrics,
  clock,
}: Parts) {
  const { backgroundTransaction, readInBackground, writeInBackground } = stores
  const source = sourceOf(config.JWT_ISSUER)
  const host = createHost({
    stores: {
      ...{ read: stores.read, transaction: stores.mysqlTransaction },
      background: { read: readInBackground, write: writeInBackground, transaction: backgroundTransaction },
    },
    keys: { current: currentKey(config), previous: config.WEBHOOK_KEY_PREVIOUS },
    ...{ perMinute: config.WEBHOOK_RATE, retentionSeconds: config.WEBHOOK_RETENTION, outbound },
    records: createWebhookRecords({ users, audit, events: events.trail }),
    source,
    toCloudEvent: (event: AnyEvent) => toCloudEvent(event, source),
    /** What is slow must not happen beside requests if there are workers. */
    sends: processesEvents(config),
    onSettled: metrics.results(
      'postern_webhook_deliveries_total',
      'Requests to webhooks, by result (retried: it failed and will be repeated; failed: for the last time).',
      DELIVERY_RESULTS,
    ),
    onDisabled: (webhook, reason) => logger.warn({ webhook, reason }, 'a webhook was disabled: its receiver fails'),
    onFailure: (error) => logger.debug({ err: error }, 'sending webhooks failed; trying again'),
    clock,
  })
  metrics.watchWebhooks(host.waiting)
  events.consumers.push({ name: 'webhooks', types: WEBHOOK_EVENT_TYPES, ...host.subscription() })
  const services: WebhookServices = host.operations({ eventTypes: WEBHOOK_EVENT_TYPES, limit: MAX_WEBHOOKS })
  return { services, send: host.send, purge: host.purge, close: host.close }
}
