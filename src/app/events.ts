// Builds events: the outbox, its relay, and the queues of the consumers, in the database or in RabbitMQ.
import type { Config } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import { createDeadDeliveries } from '../repositories/events/dead-deliveries.js'
import { createEventQueue } from '../repositories/events/event-queue.js'
import { createOutbox } from '../repositories/events/outbox.js'
import { createProcessedEvents } from '../repositories/events/processed-events.js'
import {
  type Consumer,
  createDeadLetters,
  createEventRelay,
  createEventTrail,
  createLocalQueue,
  createProcessing,
} from '../services/events/index.js'
import { createBroker } from './broker.js'
import type { Stores } from './stores.js'

export type Events = ReturnType<typeof createEvents>

export function createEvents({ config, stores, logger }: { config: Config; stores: Stores; logger: Logger }) {
  const { backgroundTransaction, readInBackground, writeInBackground } = stores
  const outbox = createOutbox(backgroundTransaction, readInBackground, writeInBackground)
  const queue = createEventQueue(backgroundTransaction, writeInBackground)
  const processed = createProcessedEvents(readInBackground, writeInBackground)
  /** Each domain adds its own. */
  const consumers: Consumer[] = []
  const process = createProcessing({ transaction: backgroundTransaction, processed })
  const local = createLocalQueue({
    ...{ queue, consumers, process, concurrency: config.CONSUMERS, retrySeconds: config.EVENT_RETRIES },
  })
  const broker = createBroker({ config, stores, logger, consumers, process })
  // The job of the same name repeats it, and logs if it fails again.
  const onFailure = (error: unknown) => logger.debug({ err: error }, 'publishing events failed; trying again')
  const relay = createEventRelay({
    ...{ outbox, onFailure },
    ...(broker
      ? { publish: broker.publish, ready: broker.ready }
      : { publish: local.publish, onPublished: () => void local.step().catch(onFailure) }),
  })
  return {
    trail: createEventTrail(outbox, { wake: () => relay.wake() }),
    consumers,
    /** Null without RabbitMQ. */
    broker,
    deadLetters: createDeadLetters({
      ...{ consumers, broker: broker?.deadLetters ?? null },
      deliveries: createDeadDeliveries(readInBackground, writeInBackground),
    }),
    /** Publishes what is committed, and processes what is due in the database. */
    async step(): Promise<void> {
      await relay.step()
      // Also what is left there from a time without RabbitMQ.
      if (!broker || config.ROLE === 'worker') await local.step()
    },
    async close(): Promise<void> {
      await relay.close()
      await local.close()
      await broker?.close()
    },
  }
}
