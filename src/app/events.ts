// Builds events: the outbox, its relay, and the queues of the consumers.
import type { Config } from '../config/index.js'
import type { QueueState } from '../platform/event-metrics.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics } from '../platform/metrics.js'
import type { Tracing } from '../platform/tracing/tracing.js'
import { createDeadLetterRepository } from '../repositories/events/dead-letters.js'
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
  queueStates,
} from '../services/events/index.js'
import type { Stores } from './stores.js'

export type Events = ReturnType<typeof createEvents>

export function createEvents({
  config,
  stores: { events: stores },
  logger,
  metrics,
  tracing,
}: {
  config: Config
  stores: Stores
  logger: Logger
  metrics: Metrics
  tracing: Tracing | null
}) {
  const { transaction, read, write } = stores
  const outbox = createOutbox(transaction, read, write)
  const queue = createEventQueue(transaction, read, write)
  const processed = createProcessedEvents(read, write)
  /** Each domain adds its own. */
  const consumers: Consumer[] = []
  const process = createProcessing({ transaction, processed, tracing })
  // The job of the same name repeats it, and logs if it fails again.
  const onFailure = (error: unknown) => logger.debug({ err: error }, 'publishing events failed; trying again')
  const onDelivery = metrics.deliveries()
  const local = createLocalQueue({
    ...{ queue, consumers, process, concurrency: config.CONSUMERS, retrySeconds: config.EVENT_RETRIES },
    ...{ onDelivery, onFailure },
  })
  const countPublished = metrics.publishedEvents()
  const relay = createEventRelay({
    ...{ outbox, publish: local.publish, onFailure },
    onPublished(count) {
      countPublished(count)
      local.step().catch(onFailure)
    },
  })
  metrics.watchOutbox(() => outbox.waiting())
  metrics.watchQueues(async (): Promise<QueueState[]> => queueStates(await queue.states(), consumers, Date.now()))
  metrics.watchInFlight(() => local.inFlight())

  return {
    trail: createEventTrail(outbox, {
      isOn: config.OUTBOX,
      wake: () => relay.wake(),
      ...(tracing && { traceParent: () => tracing.traceParent() }),
    }),
    consumers,
    deadLetters: createDeadLetters(createDeadLetterRepository(read, write)),
    /** What the purge deletes from. */
    stored: { outbox, processed },
    /** Publishes what is committed, and processes what is due. */
    async step(): Promise<void> {
      await relay.step()
      await local.step()
    },
    async close(): Promise<void> {
      await relay.close()
      await local.close()
    },
  }
}
