// One connection that takes messages from the queues of RabbitMQ, until it is lost or closed.
import type { Channel, ConsumeMessage, RabbitmqConnection } from './rabbitmq.js'
import { type BrokerNames, queueOf } from './topology.js'

export interface IncomingMessage {
  /** Of the event. */
  id: string
  type: string
  body: Buffer
  headers: Readonly<Record<string, unknown>>
}

/** `requeue`: RabbitMQ delivers it again, to any worker. */
export type Verdict = 'done' | 'requeue'

export interface SessionOptions {
  names: BrokerNames
  consumers: () => readonly string[]
  /** How many messages of a queue are handled at once. */
  concurrency: number
  /** How many messages RabbitMQ sends ahead for each of them. */
  prefetch: number
  /** Never rejects. `isAbandoned`: true once RabbitMQ delivers the message again anyway. */
  handle: (consumer: string, message: IncomingMessage, isAbandoned: () => boolean) => Promise<Verdict>
}

export interface BrokerSession {
  /** Resolves once no more messages come, to the reason. */
  lost: Promise<Error>
  /** Gets no more messages. Resolves when those that it holds are handled. */
  drain(): Promise<void>
  close(): Promise<void>
}

export const toIncoming = ({
  content,
  properties,
}: Pick<ConsumeMessage, 'content' | 'properties'>): IncomingMessage => ({
  ...{ id: String(properties.messageId ?? ''), type: String(properties.type ?? '') },
  ...{ body: content, headers: properties.headers ?? {} },
})

/** Each subscription handles its messages one after the other. RabbitMQ distributes them evenly. */
export async function openSession(
  connection: RabbitmqConnection,
  { names, consumers, concurrency, prefetch, handle }: SessionOptions,
): Promise<BrokerSession> {
  const { promise: lost, resolve: lose } = Promise.withResolvers<Error>()
  const held = new Set<Promise<void>>()
  const subscriptions: { channel: Channel; tag: string }[] = []
  let isLost = false
  const end = (reason: string) => {
    isLost = true
    lose(new Error(reason))
  }
  connection.onEnd(() => end('the connection to RabbitMQ was lost'))

  async function settle(channel: Channel, consumer: string, message: ConsumeMessage): Promise<void> {
    // RabbitMQ delivers it again.
    if (isLost) return
    const verdict = await handle(consumer, toIncoming(message), () => isLost)
    try {
      if (verdict === 'done') channel.ack(message)
      else channel.nack(message, false, true)
    } catch {
      // The channel has ended in the meantime, so RabbitMQ delivers it again.
    }
  }

  async function subscribe(channel: Channel, consumer: string): Promise<void> {
    let last = Promise.resolve()
    const { consumerTag: tag } = await channel.consume(queueOf(names, consumer), (message) => {
      if (!message) return end(`RabbitMQ has deleted the queue ${queueOf(names, consumer)}`)
      const handling = last.then(() => settle(channel, consumer, message))
      last = handling
      held.add(handling)
      void handling.then(() => held.delete(handling))
    })
    subscriptions.push({ channel, tag })
  }

  for (const consumer of consumers()) {
    const channel = await connection.createChannel()
    channel.on('close', () => end('RabbitMQ has closed a channel'))
    await channel.prefetch(prefetch)
    for (let i = 0; i < concurrency; i += 1) await subscribe(channel, consumer)
  }

  return {
    lost,
    async drain() {
      await Promise.allSettled(subscriptions.map(({ channel, tag }) => channel.cancel(tag)))
      // More may have come until then.
      while (held.size > 0) await Promise.all(held)
    },
    close: () => connection.close(),
  }
}
