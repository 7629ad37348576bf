// The events of the service: the outbox in its database, from where they are published.
import { createEvents } from '@postern/service/events/create-events'
import type { NewEventOf, PostedEventOf } from '@postern/service/events/event'
import { rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import type { ProgramParts } from '@postern/service/program'
import type { Config } from './config/index.js'
import { CONSENT_EVENT_TYPES, type EventData } from './consents/events.js'

/** What RabbitMQ and other systems know the service by. Never change it. */
const NAMES = { exchange: 'postern.consent.events', prefix: 'postern.consent', source: 'urn:postern:consent' }

/** For the three days of a long outage. */
const RETRY_SECONDS = [1, 5, 30, 120, 600, 3600, 21_600, 86_400, 86_400, 86_400]

export const createConsentEvents = ({ config, logger, database, breakers, metrics, tracing }: ProgramParts<Config>) =>
  createEvents<NewEventOf<EventData>, PostedEventOf<EventData>>({
    ...{ database: database.events, openConnection: () => database.openConnection() },
    ...{ names: NAMES, program: 'postern-consent', rabbitmq: rabbitmqServer(config) },
    isEventType: (type) => CONSENT_EVENT_TYPES.some((known) => known === type),
    ...{ concurrency: 4, prefetch: 10, retrySeconds: RETRY_SECONDS, timeout: config.DATABASE_TIMEOUT },
    ...{ emptiesDatabase: true, breakers, metrics, logger, tracing },
  })
