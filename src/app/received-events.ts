// Builds what happens for the events of other services.
import { createProcessedEvents } from '@postern/service/events/processed-events'
import { createEventReceiver, type ReceiveEvents } from '@postern/service/events/receiver'
import type { WebhookRecords } from '@postern/delivery/webhooks/records'
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Actor, AuditTrail } from '../services/audit/index.js'
import { createReportedChanges } from '../services/webhooks/index.js'
import type { Stores } from './stores.js'

interface Parts {
  stores: Pick<Stores, 'events'>
  webhooks: { records: WebhookRecords<Actor> }
  audit: { trail: AuditTrail }
  logger: Logger
  tracing: Tracing | null
}

export function createReceivedEvents({ stores, webhooks, audit, logger, tracing }: Parts): ReceiveEvents {
  const { transaction, read, write } = stores.events
  const consumers = [createReportedChanges(webhooks.records, audit.trail)]
  return createEventReceiver({ transaction, processed: createProcessedEvents(read, write), consumers, logger, tracing })
}
