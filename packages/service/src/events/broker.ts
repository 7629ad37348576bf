// Builds what publishes events to RabbitMQ, and what consumes them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { BreakerSet } from '../breaker-set.js'
import { ConfigError } from '../config-error.js'
import type { ConnectionMetrics } from '../connection-metrics.js'
import type { Logger } from '../logger.js'
import { brokerProblem } from './broker-access.js'
import { createBrokerConsumer } from './broker-consumer.js'
import { createBrokerDeadLetters } from './broker-dead-letters.js'
import { createBrokerLog } from './broker-log.js'
import { revivedMessage } from './broker-messages.js'
import { createBrokerPublisher } from './broker-publisher.js'
import { createBrokerPublishing } from './broker-publishing.js'
import { createBrokerWork } from './broker-work.js'
import type { Consumer } from './consumers.js'
import type { IsEventType } from './event.js'
import type { DeliveryResult } from './event-metrics.js'
import type { Processing } from './processing.js'
import { connectRabbitmq } from './rabbitmq.js'
import type { RabbitmqServer } from './rabbitmq-variables.js'
import { type BrokerNames, declareTopology, queuesOf } from './topology.js'

/** A process that is stopped finishes the messages that it holds, for at most this long. */
const GRACE_MS = 30_000

/** The relay waits for confirms in a transaction, which has the time-out of the database. Part of it is left for its statements. */
const confirmMs = (timeoutSeconds: number) => Math.min(5000, timeoutSeconds * 600)

interface Options {
  server: RabbitmqServer
  names: BrokerNames
  /** Shown in RabbitMQ's list of connections. */
  program: string
  consumers: readonly Consumer[]
  isEventType: IsEventType
  process: Processing
  /** How many messages of a queue are handled at once, and how many RabbitMQ sends ahead for each of them. */
  concurrency: number
  prefetch: number
  /** The pauses after failed attempts. */
  retrySeconds: readonly number[]
  /** Of the database, in seconds. */
  timeout: number
  /** Rejects if the database is unavailable. */
  pingDatabase: () => Promise<unknown>
  breakers: BreakerSet
  metrics: Pick<ConnectionMetrics, 'watchRabbitmq'>
  onDelivery: (consumer: string, result: DeliveryResult, error?: unknown, pauseSeconds?: number) => void
  logger: Logger
}

export type Broker = ReturnType<typeof createBroker>

/** Connects when something is first published or consumed. */
export function createBroker(options: Options) {
  const { server, names, consumers, isEventType, process, retrySeconds, onDelivery } = options
  const consumerNames = () => consumers.map(({ name }) => name)
  const connect = () => connectRabbitmq(server, options.program)
  const declare = (connection: Awaited<ReturnType<typeof connect>>) =>
    declareTopology(connection, names, consumerNames(), retrySeconds)
  const publisher = createBrokerPublisher({ connect, declare, confirmMs: confirmMs(options.timeout) })
  const { run: guard } = options.breakers.create({
    ...{ name: 'rabbitmq', probe: () => publisher.ready(), timeoutsToOpen: 1 },
    isFailure: () => true,
    isTimeout: (error) => error instanceof Error && error.message.includes('ETIMEDOUT'),
  })
  const log = createBrokerLog(options.logger)
  const stopping = new AbortController()
  const handle = createBrokerWork({
    ...{ names, isEventType, consumers, process, publisher, retrySeconds, pingDatabase: options.pingDatabase },
    pause: (milliseconds) => sleep(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined),
    onResult: (consumer, result, failure) => {
      onDelivery(consumer, result, failure?.error, failure?.seconds)
      if (failure && result !== 'deferred') log.onFailure(consumer, result, failure)
    },
  })
  const inFlight = new Map<string, number>()
  const count = (consumer: string, change: number) => inFlight.set(consumer, (inFlight.get(consumer) ?? 0) + change)
  const worker = createBrokerConsumer({
    handle(consumer, ...message) {
      count(consumer, 1)
      return handle(consumer, ...message).finally(() => count(consumer, -1))
    },
    ...{ names, connect, declare, concurrency: options.concurrency, prefetch: options.prefetch },
    consumers: consumerNames,
    ...{ onConnected: log.onConnected, onDisconnected: log.onDisconnected },
  })

  options.metrics.watchRabbitmq(() => publisher.isConnected())

  return {
    inFlight: () => inFlight,
    async queueStates() {
      const queues = consumerNames().flatMap((name) => queuesOf(names, name, retrySeconds))
      const depths = await publisher.depths(queues)
      const sum = (queues: readonly string[]) => queues.reduce((total, queue) => total + (depths.get(queue) ?? 0), 0)
      return consumerNames().map((consumer) => {
        const [dead = '', ...others] = queuesOf(names, consumer, retrySeconds)
        return { consumer, depth: sum(others), deadLetters: sum([dead]), ageSeconds: null }
      })
    },
    publish: createBrokerPublishing(names, publisher, consumers),
    ready: () => guard(() => publisher.ready()),
    isConnected: publisher.isConnected,
    /** Throws a ConfigError if RabbitMQ refuses what is configured. It may be unavailable. */
    async check(): Promise<void> {
      const problem = await brokerProblem(connect, declare)
      if (problem !== null) throw new ConfigError(problem)
    },
    worker: {
      start: () => worker.start(),
      isConnected: worker.isConnected,
      stop: () => worker.stop(GRACE_MS),
    },
    deadLetters: createBrokerDeadLetters(connect, names, async (consumer, message) => {
      const [refusal] = await publisher.publish([revivedMessage(names, consumer, message)])
      if (refusal) throw refusal
    }),
    close: () => publisher.close(),
  }
}
