// Publishes to RabbitMQ over one connection, with confirms, in bounded time.
import { withTimeout } from '@postern/contract/timeout'
import type { ConfirmChannel, ConnectRabbitmq, RabbitmqConnection } from './rabbitmq.js'

export interface OutgoingMessage {
  /** Empty: `routingKey` is the name of a queue. */
  exchange: string
  routingKey: string
  /** Whether it is a failure if no queue gets it. */
  mandatory: boolean
  /** Of the event. */
  id: string
  type: string
  contentType: string
  headers: Readonly<Record<string, string | number>>
  body: Buffer
}

export type BrokerPublisher = ReturnType<typeof createBrokerPublisher>

interface Open {
  connection: RabbitmqConnection
  channel: ConfirmChannel
  /** What no queue took. */
  returned: Set<string>
  /** Fails a message that waits for its confirm, and says which one it is. */
  waiting: Map<(error: Error) => void, OutgoingMessage>
}

/** It may be stored later, and then it is there twice. */
const blockedError = (connection: RabbitmqConnection) =>
  new Error(`RabbitMQ blocks publishing: ${connection.blocked() ?? 'unknown reason'}`)

/** Each queue that a message goes to has to store it, so one that is broken holds up all events. */
function unconfirmedError({ exchange, routingKey }: OutgoingMessage): Error {
  const queue = exchange === '' ? `the queue ${routingKey}` : `a queue that is bound to ${exchange}`
  return new Error(`RabbitMQ did not confirm an event in time: ${queue} does not respond`)
}

const keyOf = (id: unknown, routingKey: string) => `${String(id)} ${routingKey}`

/** `declare` is called at each connection, before anything is published. */
export function createBrokerPublisher({
  connect,
  declare,
  confirmMs,
}: {
  connect: ConnectRabbitmq
  declare: (connection: RabbitmqConnection) => Promise<void>
  /** How long all confirms of one call may take. */
  confirmMs: number
}) {
  let current: Open | null = null
  let opening: Promise<void> | null = null

  async function open(): Promise<void> {
    const connection = await connect()
    try {
      await declare(connection)
      const channel = await connection.createConfirmChannel()
      const returned = new Set<string>()
      // Before the confirm of the same message.
      channel.on('return', ({ fields, properties }) => returned.add(keyOf(properties.messageId, fields.routingKey)))
      const opened = { connection, channel, returned, waiting: new Map<(error: Error) => void, OutgoingMessage>() }
      connection.onBlocked(() => {
        for (const fail of opened.waiting.keys()) fail(blockedError(connection))
      })
      const forget = () => {
        if (current === opened) current = null
      }
      channel.on('close', () => (forget(), connection.cut()))
      connection.onEnd(forget)
      if (connection.isOpen()) current = opened
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** Resolves if messages can be published now. Connects if that is necessary. */
  async function ready(): Promise<void> {
    if (!current) await (opening ??= open().finally(() => (opening = null)))
    if (current && current.connection.blocked() !== null) throw blockedError(current.connection)
  }

  /** Resolves to null once a queue has stored the message, otherwise to the reason. */
  function publishOne({ channel, returned, waiting }: Open, message: OutgoingMessage) {
    const { exchange, routingKey, mandatory, id, type, contentType, headers, body } = message
    return new Promise<Error | null>((resolve) => {
      const settle = (error: unknown) => {
        waiting.delete(settle)
        if (error) return resolve(error instanceof Error ? error : new Error('RabbitMQ refused a message'))
        const isReturned = returned.delete(keyOf(id, routingKey))
        resolve(isReturned ? new Error(`no queue of RabbitMQ takes messages for ${routingKey}`) : null)
      }
      waiting.set(settle, message)
      try {
        const properties = { messageId: id, type, contentType, headers, persistent: true, appId: 'postern' }
        channel.publish(exchange, routingKey, body, { ...properties, mandatory }, settle)
      } catch (error) {
        settle(error)
      }
    })
  }

  return {
    ready,
    /** Whether messages can be published at this moment. */
    isConnected: (): boolean => current?.connection.blocked() === null,

    /** Resolves to one entry for each message: null if a queue has stored it, otherwise why not. */
    async publish(messages: readonly OutgoingMessage[]): Promise<(Error | null)[]> {
      await ready()
      const used = current
      if (!used) throw new Error('the connection to RabbitMQ was lost')
      const confirms = Promise.all(messages.map((message) => publishOne(used, message)))
      await withTimeout(confirms, confirmMs, () => {
        for (const [fail, message] of used.waiting) fail(unconfirmedError(message))
        used.connection.cut()
      })
      const results = await confirms
      // A queue may be missing: the next connection declares it again. While the server is blocked, this one
      // learns when that ends.
      if (used.connection.blocked() === null && results.some((result) => result !== null)) used.connection.cut()
      return results
    },

    /** How many messages wait in each queue. Those that a worker holds are not among them. */
    async depths(queues: readonly string[]): Promise<Map<string, number>> {
      if (!current) throw new Error('there is no connection to RabbitMQ')
      const channel = await current.connection.createChannel()
      const depths = new Map<string, number>()
      for (const queue of queues) depths.set(queue, (await channel.checkQueue(queue)).messageCount)
      await channel.close()
      return depths
    },

    async close(): Promise<void> {
      await opening?.catch(() => undefined)
      await current?.connection.close()
    },
  }
}
