// Builds events: the outbox, its relay, and the queues of the consumers, in the database or in RabbitMQ.
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import { type Config, rabbitmqServer } from '../config/index.js'
import type { QueueState } from '../platform/event-metrics.js'
import type { Metrics } from '../platform/metrics.js'
import { createDeadLetterRepository } from '../repositories/events/dead-letters.js'
import { createEventLocks } from '../repositories/events/event-locks.js'
import { createEventQueue } from '../repositories/events/event-queue.js'
import { createOutbox } from '../repositories/events/outbox.js'
import { createProcessedEvents } from '../repositories/events/processed-events.js'
import {
  type Consumer,
  createDeadLetters,
  createEventRelay,
  createEventTrail,
  createLocalQueue,
  createOnce,
  createProcessing,
  queueStates,
} from '../services/events/index.js'
import { createBroker } from './broker.js'
import type { Stores } from './stores.js'

export type Events = ReturnType<typeof createEvents>

interface Parts {
  config: Config
  stores: Stores
  logger: Logger
  metrics: Metrics
  tracing: Tracing | null
}

export function createEvents({ config, stores, logger, metrics, tracing }: Parts) {
  const { transaction, read, write } = stores.events
  const outbox = createOutbox(transaction, read, write)
  const queue = createEventQueue(transaction, read, write)
  const processed = createProcessedEvents(read, write)
  /** Each domain adds its own. */
  const consumers: Consumer[] = []
  // In the database, an event has a lease. RabbitMQ can have a message twice.
  const locks = rabbitmqServer(config) ? createEventLocks({ open: () => stores.openConnection() }) : null
  const once = createOnce({ transaction, processed, locks })
  const process = createProcessing({ transaction, processed, once, tracing })
  // The job of the same name repeats it, and logs if it fails again.
  const onFailure = (error: unknown) => logger.debug({ err: error }, 'publishing events failed; trying again')
  const onDelivery = metrics.deliveries()
  const local = createLocalQueue({
    ...{ queue, consumers, process, concurrency: config.CONSUMERS, retrySeconds: config.EVENT_RETRIES },
    ...{ onDelivery, onFailure },
  })
  const broker = createBroker({ config, stores, logger, metrics, consumers, process, onDelivery })
  const onPublished = metrics.publishedEvents()
  const relay = createEventRelay({
    ...{ outbox, onPublished, onFailure },
    ...(broker ? { publish: broker.publish, ready: broker.ready, overlaps: true } : { publish: local.publish }),
  })
  metrics.watchOutbox(() => outbox.waiting())
  metrics.watchQueues(async (): Promise<QueueState[]> => {
    if (broker) return broker.queueStates()
    return queueStates(await queue.states(), consumers, Date.now())
  })
  metrics.watchInFlight(() => broker?.inFlight() ?? local.inFlight())

  return {
    trail: createEventTrail(outbox, {
      isOn: config.OUTBOX,
      wake: () => relay.wake(),
      ...(tracing && { traceParent: () => tracing.traceParent() }),
    }),
    consumers,
    once,
    /** Null without RabbitMQ. */
    broker,
    deadLetters: createDeadLetters({
      local: createDeadLetterRepository(read, write),
      ...{ broker: broker?.deadLetters ?? null, consumers },
    }),
    /** What the purge deletes from. */
    stored: { outbox, processed },
    /** Publishes what is committed, and processes what is due in the database. */
    async step(): Promise<void> {
      await relay.step()
      // With RabbitMQ, a worker empties what is left there from a time without it.
      if (!broker || config.ROLE === 'worker') await local.step()
    },
    async close(): Promise<void> {
      await relay.close()
      await local.close()
      await broker?.close()
      locks?.close()
    },
  }
}
