// Builds the events of Postern.
import { createEvents as createServiceEvents } from '@postern/service/events/create-events'
import { rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { type AnyEvent, type AnyNewEvent, isEventType, POSTERN, USERS } from '../services/events/index.js'
import type { Stores } from './stores.js'

export type Events = ReturnType<typeof createEvents>

interface Parts {
  config: Config
  stores: Pick<Stores, 'events' | 'openConnection' | 'breakers'>
  logger: Logger
  metrics: Metrics
  tracing: Tracing | null
}

export const createEvents = ({ config, stores, logger, metrics, tracing }: Parts) =>
  createServiceEvents<AnyNewEvent, AnyEvent>({
    ...{ database: stores.events, openConnection: stores.openConnection, timeout: config.DATABASE_TIMEOUT },
    ...{
      isEventType,
      subjects: USERS,
      names: POSTERN,
      rabbitmq: rabbitmqServer(config),
      program: `postern ${config.ROLE}`,
    },
    ...{ concurrency: config.CONSUMERS, prefetch: config.PREFETCH, retrySeconds: config.EVENT_RETRIES },
    ...{ isOn: config.OUTBOX, emptiesDatabase: config.ROLE === 'worker' },
    ...{ breakers: stores.breakers, metrics, logger, tracing },
  })
