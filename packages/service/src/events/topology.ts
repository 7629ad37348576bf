// What a service declares in RabbitMQ: the exchange, and for each consumer its queue, its delays and its dead letters.
import type { Channel, RabbitmqConnection } from './rabbitmq.js'

/** What a service is called at the broker. Never change it. */
export interface BrokerNames {
  /** For other systems, which bind queues of their own. The relay publishes into the queues of consumers by their names. */
  exchange: string
  /** What the names of the consumers' queues begin with. */
  prefix: string
  /** The source of its CloudEvents, a URI. */
  source: string
}

/** What a service notes in a message that it moves to another queue. */
export const HEADERS = {
  /** How often it was tried. */
  attempts: 'x-postern-attempts',
  /** Why the last attempt failed. */
  reason: 'x-postern-reason',
  /** When it became a dead letter. */
  diedAt: 'x-postern-died-at',
} as const

export const queueOf = ({ prefix }: BrokerNames, consumer: string) => `${prefix}.${consumer}`
export const deadQueueOf = (names: BrokerNames, consumer: string) => `${queueOf(names, consumer)}.dead`
export const delayQueueOf = (names: BrokerNames, consumer: string, seconds: number) =>
  `${queueOf(names, consumer)}.retry-${seconds}s`

/** All queues of a consumer: the dead letters, its queue, and the delays. */
export const queuesOf = (names: BrokerNames, consumer: string, delays: readonly number[]): string[] => [
  ...[deadQueueOf(names, consumer), queueOf(names, consumer)],
  ...new Set(delays.map((seconds) => delayQueueOf(names, consumer, seconds))),
]

/** A message that has cost this many workers their lives, or connections, becomes a dead letter. */
const DELIVERY_LIMIT = 50

const NO_LIMIT = 1_000_000_000

const QUORUM = { 'x-queue-type': 'quorum' }

/** RabbitMQ keeps the message until the other queue has confirmed it. That requires this overflow. */
const deadLettersTo = (queue: string) => ({
  ...{ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue },
  ...{ 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' },
})

/** Something of this name exists, and is not what the service needs. Only an operator can decide what to do with it. */
export class TopologyMismatch extends Error {
  override readonly name = 'TopologyMismatch'
}

const PRECONDITION_FAILED = 406

/** Declares what is missing. Throws a {@link TopologyMismatch} if something exists with other properties. */
export async function declareTopology(
  connection: RabbitmqConnection,
  names: BrokerNames,
  consumers: readonly string[],
  delays: readonly number[],
): Promise<void> {
  const channel = await connection.createChannel()
  try {
    await channel.assertExchange(names.exchange, 'topic', { durable: true })
    // One after the other: a refusal closes the channel, and is then the first error.
    for (const consumer of consumers) await declareQueues(channel, names, consumer, delays)
    await channel.close()
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    if (code !== PRECONDITION_FAILED) throw error
    throw new TopologyMismatch(
      `RabbitMQ has an exchange or a queue that is not as Postern declares it: ${message}. Delete it if it is empty, or use another virtual host.`,
      { cause: error },
    )
  }
}

async function declareQueues(
  channel: Channel,
  names: BrokerNames,
  consumer: string,
  delays: readonly number[],
): Promise<void> {
  const queue = queueOf(names, consumer)
  const declare = (name: string, args: object) =>
    channel.assertQueue(name, { durable: true, arguments: { ...QUORUM, ...args } })
  // RabbitMQ 4 would delete a message that was listed 20 times.
  await declare(deadQueueOf(names, consumer), { 'x-delivery-limit': NO_LIMIT })
  await declare(queue, { 'x-delivery-limit': DELIVERY_LIMIT, ...deadLettersTo(deadQueueOf(names, consumer)) })
  for (const seconds of new Set(delays))
    await declare(delayQueueOf(names, consumer, seconds), { 'x-message-ttl': seconds * 1000, ...deadLettersTo(queue) })
}
