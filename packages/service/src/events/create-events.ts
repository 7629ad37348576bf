// Builds the events of a service: the outbox, its relay, and the queues of the consumers, in the database or in RabbitMQ.
import type { BreakerSet } from '../breaker-set.js'
import { addSeconds } from '../clock.js'
import type { ConnectionMetrics } from '../connection-metrics.js'
import type { DatabaseAccess } from '../database/open-database.js'
import type { Connection } from '../database/mysql.js'
import type { Logger } from '../logger.js'
import type { Tracing } from '../tracing/tracing.js'
import { createBroker } from './broker.js'
import type { Consumer } from './consumers.js'
import { createDeadLetters } from './dead-letters.js'
import { createDeferralLog } from './deferrals.js'
import type { IsEventType, NewEvent, PostedEvent } from './event.js'
import { createEventLocks } from './event-locks.js'
import type { DeliveryResult, EventMetrics, QueueState } from './event-metrics.js'
import { createEventQueue } from './event-queue.js'
import { createLocalQueue } from './local-queue.js'
import { createOnce } from './once.js'
import { createOutbox } from './outbox.js'
import { createProcessedEvents } from './processed-events.js'
import { createProcessing } from './processing.js'
import { queueStates } from './queue-states.js'
import type { RabbitmqServer } from './rabbitmq-variables.js'
import { createEventRelay } from './relay.js'
import { createDeadLetterRepository } from './stored-dead-letters.js'
import type { SubjectTable } from './subjects.js'
import type { BrokerNames } from './topology.js'
import { createEventTrail } from './trail.js'

/** At least a day: what was processed is forgotten then, too, and an event can be delivered again until that. */
const RETENTION_SECONDS = 7 * 86_400

/** Rows per statement of the purge, so that locks are short. */
const PURGED = 1000

export interface EventsOptions {
  /** Connections of their own: `events` of openDatabase. */
  database: DatabaseAccess
  /** Opens a connection for advisory locks. */
  openConnection: () => Promise<{ connection: Connection }>
  /** Where the numbers of events are. Without it: in `event_subjects`. */
  subjects?: SubjectTable
  isEventType: IsEventType
  /** What the service is called at RabbitMQ, and in events. */
  names: BrokerNames
  /** Null: the queues are in the database. */
  rabbitmq: RabbitmqServer | null
  /** Shown in RabbitMQ's list of connections. */
  program: string
  /** How many events this process works on at once, per consumer, and how many RabbitMQ sends ahead for each of them. */
  concurrency: number
  prefetch: number
  /** The pauses after failed attempts. After the last one, an event becomes a dead letter. */
  retrySeconds: readonly number[]
  /** Of the database, in seconds. */
  timeout: number
  /** False: nothing is written. */
  isOn?: boolean
  /** With RabbitMQ, whether this process empties what is left in the database from a time without it. */
  emptiesDatabase: boolean
  breakers: BreakerSet
  metrics: EventMetrics & Pick<ConnectionMetrics, 'watchRabbitmq'>
  logger: Logger
  tracing: Tracing | null
}

/** `New` and `Posted`: the events of the service, told apart by their types. */
export function createEvents<New extends NewEvent, Posted extends PostedEvent>(options: EventsOptions) {
  const { rabbitmq, isEventType, names, concurrency, retrySeconds, metrics, tracing } = options
  const { transaction, read, write } = options.database
  const outbox = createOutbox(transaction, read, write, options.subjects)
  const queue = createEventQueue(transaction, read, write)
  const processed = createProcessedEvents(read, write)
  const consumers: Consumer<Posted>[] = []
  // In the database, an event has a lease. RabbitMQ can have a message twice.
  const locks = rabbitmq ? createEventLocks({ open: options.openConnection }) : null
  const once = createOnce({ transaction, processed, locks })
  const process = createProcessing({ transaction, processed, once, isEventType, tracing })
  // The job that calls `step` repeats it, and logs if it fails again.
  const onFailure = (error: unknown) => options.logger.debug({ err: error }, 'publishing events failed; trying again')
  const [countDelivery, logDeferral] = [metrics.deliveries(), createDeferralLog(options.logger)]
  function onDelivery(consumer: string, result: DeliveryResult, error?: unknown, pauseSeconds?: number): void {
    countDelivery(consumer, result)
    logDeferral(consumer, result, error, pauseSeconds)
  }
  const local = createLocalQueue({
    ...{ queue, consumers, process, concurrency, retrySeconds, onDelivery, onFailure },
  })
  const broker =
    rabbitmq &&
    createBroker({
      ...{ ...options, server: rabbitmq, names, consumers, process, onDelivery },
      pingDatabase: () => read('SELECT 1', []),
    })
  const onPublished = metrics.publishedEvents()
  const relay = createEventRelay({
    ...{ outbox, isEventType, onPublished, onFailure },
    ...(broker ? { publish: broker.publish, ready: broker.ready, overlaps: true } : { publish: local.publish }),
  })
  metrics.watchOutbox(() => outbox.waiting())
  metrics.watchQueues(async (): Promise<QueueState[]> => {
    if (broker) return broker.queueStates()
    return queueStates(await queue.states(), consumers, Date.now())
  })
  metrics.watchInFlight(() => broker?.inFlight() ?? local.inFlight())

  return {
    /** Writes events, in the transactions of their changes. */
    trail: createEventTrail<New>(outbox, {
      isOn: options.isOn ?? true,
      wake: () => relay.wake(),
      ...(tracing && { traceParent: () => tracing.traceParent() }),
    }),
    /** Each domain adds its own. */
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
    /**
     * Consumes from RabbitMQ from now on, if there is one. Throws a ConfigError if it refuses what is configured; it may be
     * unavailable.
     */
    async start(): Promise<void> {
      await broker?.check()
      broker?.worker.start()
    },
    /** Publishes what is committed, and processes what is due in the database. Call it again and again. */
    async step(): Promise<void> {
      await relay.step()
      if (!broker || options.emptiesDatabase) await local.step()
    },
    /**
     * Deletes events that were published more than a week ago and are in no queue, and the notes of what was processed until then.
     * Returns how many rows. Call it again and again.
     */
    async purge(now: Date): Promise<number> {
      const before = addSeconds(now, -RETENTION_SECONDS)
      let total = 0
      for (const stored of [outbox, processed]) {
        let deleted = PURGED
        while (deleted === PURGED) total += deleted = await stored.purge(before, PURGED)
      }
      return total
    },
    /** Finishes what this process works on. */
    async close(): Promise<void> {
      await broker?.worker.stop()
      await relay.close()
      await local.close()
      await broker?.close()
      locks?.close()
    },
  }
}
