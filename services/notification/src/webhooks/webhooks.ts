// Builds the webhooks of this service: their RPCs, what events and notifications send to them, and the sending.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import type { OutboundRequests } from '@postern/delivery/outbound/requests'
import { createWebhooks } from '@postern/delivery/webhooks/webhooks'
import type { DELIVERY_RESULTS } from '@postern/delivery/webhooks/sending'
import type { Clock } from '@postern/service/clock'
import type { Database } from '@postern/service/database/open-database'
import type { Statements } from '@postern/service/database/statements'
import type { PostedEvent } from '@postern/service/events/event'
import { toCloudEvent } from '@postern/service/events/cloud-event'
import type { Logger } from '@postern/service/logger'
import { deriveSecret } from '@postern/service/sealing'
import { createWebhookChannel } from '../channels/webhook/webhook.js'
import type { HasConsent } from '../deliveries/consent-check.js'
import type { PeopleTable } from '../people/people-table.js'
import { createEraseLate } from './erasure.js'
import { createNotWanted } from './not-wanted.js'
import { createOwners } from './owners.js'
import { createWebhookRecords, type RecordEvent, type WebhookActor } from './records.js'
import { webhookRuns } from './runs.js'

export interface WebhookParts {
  database: Pick<Database, 'read' | 'transaction' | 'background'>
  config: {
    NOTIFICATION_KEY: string
    NOTIFICATION_KEY_PREVIOUS: readonly string[]
    WEBHOOK_RATE: number
    NOTIFICATION_WEBHOOK_HOSTS: readonly string[]
    WEBHOOK_RETENTION: number
  }
  /** The `source` of events: the issuer of the deployment, or a URN. */
  source: string
  outbound: OutboundRequests
  recordEvent: RecordEvent
  people: Pick<PeopleTable, 'lockPresent' | 'isErased'>
  hasConsent: HasConsent
  onSettled: (result: (typeof DELIVERY_RESULTS)[number]) => void
  logger: Logger
  clock: Clock
}

const TYPES: ReadonlySet<string> = new Set(WEBHOOK_EVENT_TYPES)

const keyOf = (key: string): string => deriveSecret(key, 'postern webhook key v1')

export function createNotificationWebhooks({
  database,
  config,
  source,
  outbound,
  recordEvent,
  people,
  hasConsent,
  ...parts
}: WebhookParts) {
  const { logger, clock, onSettled } = parts
  const owners = createOwners(database.read)
  const host = createWebhooks<PostedEvent, WebhookActor>({
    stores: database,
    keys: { current: keyOf(config.NOTIFICATION_KEY), previous: config.NOTIFICATION_KEY_PREVIOUS.map(keyOf) },
    ...{ perMinute: config.WEBHOOK_RATE, retentionSeconds: config.WEBHOOK_RETENTION, outbound, source },
    hasOwners: true,
    hostsOfPeople: config.NOTIFICATION_WEBHOOK_HOSTS,
    records: createWebhookRecords(recordEvent, owners, people),
    toCloudEvent: (event) => toCloudEvent(event, source),
    onAdded: createEraseLate(people),
    notWanted: createNotWanted({ read: database.background.read, hasConsent, clock: parts.clock }),
    sends: true,
    onSettled,
    onDisabled: (webhook, reason) => logger.warn({ webhook, reason }, 'a webhook was disabled: its receiver fails'),
    onFailure: (error) => logger.debug({ err: error }, 'sending webhooks failed; trying again'),
    clock,
  })
  const subscription = host.subscription(null)
  return {
    runs: webhookRuns({ operations: (of) => host.operations(of), owners, takeOver: host.takeOver, clock }),
    channel: createWebhookChannel({
      ...{
        transaction: database.transaction,
        endpointsOf: (userId) => host.tables.endpointsOf(userId),
        source,
        wake: host.wake,
        clock,
      },
      deliveries: host.tables.deliveries,
    }),
    /** One delivery of an event for each webhook of the deployment that wants it. */
    async write(event: PostedEvent, tx: Statements): Promise<void> {
      if (TYPES.has(event.type)) await subscription.write(event, tx)
    },
    send: () => host.send?.() ?? Promise.resolve(),
    waiting: host.waiting,
    purge: host.purge,
    close: host.close,
  }
}
