// Publishes to RabbitMQ over one connection, with confirms, in bounded time.
import { withTimeout } from '@postern/contract/timeout'
import type { ConfirmChannel, ConnectRabbitmq, RabbitmqConnection } from '../../clients/rabbitmq.js'

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
  let current: { connection: RabbitmqConnection; channel: ConfirmChannel; returned: Set<string> } | null = null
  let opening: Promise<void> | null = null

  async function open(): Promise<void> {
    const connection = await connect()
    try {
      await declare(connection)
      const channel = await connection.createConfirmChannel()
      const returned = new Set<string>()
      // Before the confirm of the same message.
      channel.on('return', ({ fields, properties }) => returned.add(keyOf(properties.messageId, fields.routingKey)))
      const opened = { connection, channel, returned }
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
    const reason = current?.connection.blocked()
    if (reason != null) throw new Error(`RabbitMQ blocks publishing: ${reason}`)
  }

  /** Resolves to null once a queue has stored the message, otherwise to the reason. */
  function publishOne({ channel, returned }: NonNullable<typeof current>, message: OutgoingMessage) {
    const { exchange, routingKey, mandatory, id, type, contentType, headers, body } = message
    return new Promise<Error | null>((resolve) => {
      const settle = (error: unknown) => {
        if (error) return resolve(error instanceof Error ? error : new Error('RabbitMQ refused a message'))
        const isReturned = returned.delete(keyOf(id, routingKey))
        resolve(isReturned ? new Error(`no queue of RabbitMQ takes messages for ${routingKey}`) : null)
      }
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
    isConnected: (): boolean => current !== null,

    /** Resolves to one entry for each message: null if a queue has stored it, otherwise why not. */
    async publish(messages: readonly OutgoingMessage[]): Promise<(Error | null)[]> {
      await ready()
      const used = current
      if (!used) throw new Error('the connection to RabbitMQ was lost')
      const confirms = Promise.all(messages.map((message) => publishOne(used, message)))
      // Then everything that is not confirmed fails.
      await withTimeout(confirms, confirmMs, () => used.connection.cut())
      const results = await confirms
      // A queue or a binding is missing: the next connection declares it again.
      if (results.some((result) => result !== null)) used.connection.cut()
      return results
    },

    async close(): Promise<void> {
      await opening?.catch(() => undefined)
      await current?.connection.close()
    },
  }
}
