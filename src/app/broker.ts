// Builds what publishes events to RabbitMQ, and what a worker consumes them with.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@postern/service/logger'
import { connectRabbitmq } from '../clients/rabbitmq.js'
import { type Config, ConfigError, rabbitmqServer } from '../config/index.js'
import type { DeliveryResult } from '../platform/event-metrics.js'
import type { Metrics } from '../platform/metrics.js'
import { createBrokerDeadLetters } from '../repositories/events/broker-dead-letters.js'
import { createBrokerConsumer } from '../repositories/events/broker-consumer.js'
import { createBrokerPublisher } from '../repositories/events/broker-publisher.js'
import { declareTopology, queuesOf } from '../repositories/events/topology.js'
import {
  type Consumer,
  createBrokerPublishing,
  createBrokerWork,
  type Processing,
  revivedMessage,
} from '../services/events/index.js'
import { brokerProblem } from './broker-access.js'
import { logBroker } from './log-events.js'
import type { Stores } from './stores.js'

/** A worker that is stopped finishes the messages that it holds, for at most this long. */
const GRACE_MS = 30_000

/** The relay waits for confirms in a transaction, which has DATABASE_TIMEOUT. Part of it is left for its statements. */
const confirmMs = (timeoutSeconds: number) => Math.min(5000, timeoutSeconds * 600)

interface Parts {
  config: Config
  metrics: Pick<Metrics, 'watchRabbitmq'>
  onDelivery: (consumer: string, result: DeliveryResult) => void
  stores: Stores
  logger: Logger
  consumers: readonly Consumer[]
  process: Processing
}

export type Broker = NonNullable<ReturnType<typeof createBroker>>

/** Null without RABBITMQ_URL. Connects when something is first published or consumed. */
export function createBroker({ config, metrics, onDelivery, stores, logger, consumers, process }: Parts) {
  const server = rabbitmqServer(config)
  if (!server) return null
  const connect = () => connectRabbitmq(server, `postern ${config.ROLE}`)
  const declare = (connection: Awaited<ReturnType<typeof connect>>) =>
    declareTopology(
      connection,
      consumers.map(({ name }) => name),
      config.EVENT_RETRIES,
    )
  const publisher = createBrokerPublisher({ connect, declare, confirmMs: confirmMs(config.DATABASE_TIMEOUT) })
  const { run: guard } = stores.breakers.broker(() => publisher.ready())
  const log = logBroker(logger)
  const stopping = new AbortController()
  const handle = createBrokerWork({
    ...{ consumers, process, publisher, retrySeconds: config.EVENT_RETRIES },
    pingDatabase: () => stores.events.read('SELECT 1', []),
    pause: (milliseconds) => sleep(milliseconds, undefined, { signal: stopping.signal }).catch(() => undefined),
    onResult: (consumer, result, failure) => {
      onDelivery(consumer, result)
      if (failure) log.onFailure(consumer, result, failure)
    },
  })
  const inFlight = new Map<string, number>()
  const count = (consumer: string, change: number) => inFlight.set(consumer, (inFlight.get(consumer) ?? 0) + change)
  const worker = createBrokerConsumer({
    handle(consumer, ...message) {
      count(consumer, 1)
      return handle(consumer, ...message).finally(() => count(consumer, -1))
    },
    ...{ connect, declare, concurrency: config.CONSUMERS, prefetch: config.PREFETCH },
    consumers: () => consumers.map(({ name }) => name),
    ...{ onConnected: log.onConnected, onDisconnected: log.onDisconnected },
  })

  metrics.watchRabbitmq(() => publisher.isConnected())

  return {
    inFlight: () => inFlight,
    async queueStates() {
      const names = consumers.map(({ name }) => name)
      const depths = await publisher.depths(names.flatMap((name) => queuesOf(name, config.EVENT_RETRIES)))
      const sum = (queues: readonly string[]) => queues.reduce((total, queue) => total + (depths.get(queue) ?? 0), 0)
      return names.map((consumer) => {
        const [dead = '', ...others] = queuesOf(consumer, config.EVENT_RETRIES)
        return { consumer, depth: sum(others), deadLetters: sum([dead]), ageSeconds: null }
      })
    },
    publish: createBrokerPublishing(publisher, consumers),
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
    deadLetters: createBrokerDeadLetters(connect, async (consumer, message) => {
      const [refusal] = await publisher.publish([revivedMessage(consumer, message)])
      if (refusal) throw refusal
    }),
    close: () => publisher.close(),
  }
}
