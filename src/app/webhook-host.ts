// Builds the webhooks of Postern's own database.
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import { DELIVERY_RESULTS } from '@postern/delivery/webhooks/sending'
import { createWebhooks } from '@postern/delivery/webhooks/webhooks'
import type { Clock } from '@postern/service/clock'
import { toCloudEvent } from '@postern/service/events/cloud-event'
import type { Logger } from '@postern/service/logger'
import { deriveSecret } from '@postern/service/sealing'
import { type Config, processesEvents } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import type { AuditTrail } from '../services/audit/index.js'
import { type AnyEvent, type EventTrail, sourceOf } from '../services/events/index.js'
import { createWebhookRecords } from '../services/webhooks/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** Without a WEBHOOK_KEY it follows from another secret, which must then stay the same. */
const currentKey = ({ WEBHOOK_KEY, REFRESH_KEY }: Config): string =>
  WEBHOOK_KEY ?? deriveSecret(REFRESH_KEY, 'postern webhook key v1')

export interface WebhookHostParts {
  config: Config
  stores: Stores
  repositories: Repositories
  outbound: OutboundRequests
  audit: { trail: AuditTrail }
  events: { trail: EventTrail }
  logger: Logger
  metrics: Metrics
  clock: Clock
}

export type WebhookHost = ReturnType<typeof createWebhookHost>

/** `sends`: whether Postern sends, and not another service. */
export function createWebhookHost(
  { config, stores, repositories: { users }, outbound, audit, events, logger, metrics, clock }: WebhookHostParts,
  { sends }: { sends: boolean },
) {
  const { backgroundTransaction, readInBackground, writeInBackground } = stores
  const source = sourceOf(config.JWT_ISSUER)
  const records = createWebhookRecords({ users, audit: audit.trail, events: events.trail })
  const host = createWebhooks({
    stores: {
      ...{ read: stores.read, transaction: stores.mysqlTransaction },
      background: { read: readInBackground, write: writeInBackground, transaction: backgroundTransaction },
    },
    keys: { current: currentKey(config), previous: config.WEBHOOK_KEY_PREVIOUS },
    ...{ perMinute: config.WEBHOOK_RATE, retentionSeconds: config.WEBHOOK_RETENTION, outbound, records, source },
    hasOwners: false,
    toCloudEvent: (event: AnyEvent) => toCloudEvent(event, source),
    /** What is slow must not happen beside requests if there are workers. */
    sends: processesEvents(config) && sends,
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
  return { ...host, records }
}
