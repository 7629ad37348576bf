// Builds webhooks: their consumer of events, what administrators do with them, and the sending.
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import { type Config, processesEvents } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { deriveSecret } from '../platform/sealing.js'
import { createDeliveryQueue, type Pace } from '../repositories/webhooks/delivery-queue.js'
import { createDeliveryRepository } from '../repositories/webhooks/deliveries.js'
import { createEndpointRepository } from '../repositories/webhooks/endpoints.js'
import { createPostToReceiver } from '../repositories/webhooks/receivers.js'
import type { AuditTrail } from '../services/audit/index.js'
import { type Consumer, type EventTrail, sourceOf, toCloudEvent } from '../services/events/index.js'
import {
  createRecordFailure,
  createSecretVault,
  createSending,
  createSubscription,
  createWebhookDeliveryService,
  createWebhookRetention,
  createWebhookService,
  DELIVERY_RESULTS,
  type WebhookServices,
} from '../services/webhooks/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** Without a WEBHOOK_KEY it follows from another secret, which must then stay the same. */
const currentKey = ({ WEBHOOK_KEY, REFRESH_KEY }: Config): string =>
  WEBHOOK_KEY ?? deriveSecret(REFRESH_KEY, 'postern webhook key v1')

/** In no minute more than `perMinute`: a sixth of them can be sent at once, and the others follow evenly. */
function paceOf(perMinute: number): Pace {
  const burst = Math.floor(perMinute / 6)
  return { burst, everyMs: Math.ceil(60_000 / (perMinute - burst)) }
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
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  outbound: OutboundRequests
  audit: { trail: AuditTrail }
  events: { trail: EventTrail; consumers: Consumer[] }
  logger: Logger
  metrics: Metrics
  clock: Clock
}) {
  const { backgroundTransaction, readInBackground, writeInBackground } = stores
  const source = sourceOf(config.JWT_ISSUER)
  const endpoints = createEndpointRepository(stores.read)
  const deliveries = createDeliveryRepository(stores.read, writeInBackground)
  const queue = createDeliveryQueue(backgroundTransaction, readInBackground, writeInBackground)
  const vault = createSecretVault(currentKey(config), config.WEBHOOK_KEY_PREVIOUS)
  const sending = createSending({
    ...{ queue, vault, clock, pace: paceOf(config.WEBHOOK_RATE) },
    post: createPostToReceiver(outbound),
    recordFailure: createRecordFailure({
      ...{ transaction: backgroundTransaction, queue, endpoints, users, audit, events: events.trail },
    }),
    onSettled: metrics.results(
      'postern_webhook_deliveries_total',
      'Requests to webhooks, by result (retried: it failed and will be repeated; failed: for the last time).',
      DELIVERY_RESULTS,
    ),
    onDisabled: (webhook, reason) => logger.warn({ webhook, reason }, 'a webhook was disabled: its receiver fails'),
    onFailure: (error) => logger.debug({ err: error }, 'sending webhooks failed; trying again'),
  })
  /** What is slow must not happen beside requests if there are workers. */
  const sendsHere = processesEvents(config)
  const wake = () => {
    if (sendsHere) sending.wake()
  }
  metrics.watchWebhooks(() => queue.waiting())
  events.consumers.push(
    createSubscription({ endpoints, deliveries, toCloudEvent: (event) => toCloudEvent(event, source), wake, clock }),
  )
  const shared = { transaction: stores.mysqlTransaction, endpoints, deliveries, audit, wake, clock }
  const services: WebhookServices = {
    webhooks: createWebhookService({ ...shared, vault, urlProblem: outbound.problemOf }),
    deliveries: createWebhookDeliveryService({ ...shared, source }),
  }
  return {
    services,
    /** Null where another process sends. */
    send: sendsHere ? () => sending.step() : null,
    purge: createWebhookRetention({ deliveries, seconds: config.WEBHOOK_RETENTION, clock }),
    close: () => sending.close(),
  }
}
