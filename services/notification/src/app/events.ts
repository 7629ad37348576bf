// The events of the service: the outbox in its database, from where they are published.
import { createEvents } from '@postern/service/events/create-events'
import type { NewEventOf, PostedEventOf } from '@postern/service/events/event'
import { rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import { createRemoteConsumer } from '@postern/service/events/remote-consumer'
import type { OpenParts } from '@postern/service/open-program'
import type { Config } from '../config/index.js'
import type { WebhookEvents } from '../webhooks/records.js'
import { openUpstreams, type Upstreams } from './upstreams.js'

/** What RabbitMQ and other systems know the service by. Never change it. */
const NAMES = {
  exchange: 'postern.notification.events',
  prefix: 'postern.notification',
  source: 'urn:postern:notification',
}

/** For three days of failures. An outage of the account service costs no attempts. */
const RETRY_SECONDS = [1, 5, 30, 120, 600, 3600, 21_600, 86_400, 86_400, 86_400]

const TYPES = ['webhook.changed', 'webhook.disabled'] as const satisfies readonly (keyof WebhookEvents)[]

export type NotificationEvents = ReturnType<typeof createNotificationEvents>

/** `tellAccounts`: hands events over to the account service, which keeps the audit log. Null: nobody is told. */
export function createNotificationEvents(
  { config, logger, database, breakers, metrics, tracing }: OpenParts<Config>,
  tellAccounts: Upstreams['tellAccounts'],
) {
  const events = createEvents<NewEventOf<WebhookEvents>, PostedEventOf<WebhookEvents>>({
    ...{ database: database.events, openConnection: () => database.openConnection() },
    ...{ names: NAMES, program: 'postern-notification', rabbitmq: rabbitmqServer(config) },
    isEventType: (type) => TYPES.some((known) => known === type),
    ...{ concurrency: 4, prefetch: 10, retrySeconds: RETRY_SECONDS, timeout: config.DATABASE_TIMEOUT },
    ...{ emptiesDatabase: true, breakers, metrics, logger, tracing },
  })
  if (tellAccounts) events.consumers.push(createRemoteConsumer({ name: 'auth', types: TYPES, deliver: tellAccounts }))
  return events
}

/** For commands: without the rest of the service. */
export function openEvents(parts: OpenParts<Config>) {
  const upstreams = openUpstreams(parts.config, parts)
  const events = createNotificationEvents(parts, upstreams.tellAccounts)
  return {
    deadLetters: events.deadLetters,
    async close() {
      await events.close()
      upstreams.close()
    },
  }
}
