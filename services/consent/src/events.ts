// The events of the service: the outbox in its database, from where they are published and handed over.
import { createEvents } from '@postern/service/events/create-events'
import type { NewEventOf, PostedEventOf } from '@postern/service/events/event'
import { rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import type { OpenParts } from '@postern/service/open-program'
import type { Config } from './config/index.js'
import { CONSENT_EVENT_TYPES, type EventData } from './consents/events.js'
import { connectToNotification } from './notification.js'

/** What RabbitMQ and other systems know the service by. Never change it. */
const NAMES = { exchange: 'postern.consent.events', prefix: 'postern.consent', source: 'urn:postern:consent' }

/** For three days of failures. An outage of the notification service costs no attempts. */
const RETRY_SECONDS = [1, 5, 30, 120, 600, 3600, 21_600, 86_400, 86_400, 86_400]

export function openEvents(parts: OpenParts<Config>) {
  const { config, logger, database, breakers, metrics, tracing } = parts
  const events = createEvents<NewEventOf<EventData>, PostedEventOf<EventData>>({
    ...{ database: database.events, openConnection: () => database.openConnection() },
    ...{ names: NAMES, program: 'postern-consent', rabbitmq: rabbitmqServer(config) },
    isEventType: (type) => CONSENT_EVENT_TYPES.some((known) => known === type),
    ...{ concurrency: 4, prefetch: 10, retrySeconds: RETRY_SECONDS, timeout: config.DATABASE_TIMEOUT },
    ...{ emptiesDatabase: true, breakers, metrics, logger, tracing },
  })
  const notification = connectToNotification(parts)
  if (notification) events.consumers.push(notification.consumer)
  return {
    ...events,
    async close() {
      await events.close()
      notification?.close()
    },
  }
}
