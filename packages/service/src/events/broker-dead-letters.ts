// The dead letters in RabbitMQ: a queue for each consumer.
import type { Channel, ConnectRabbitmq, GetMessage } from './rabbitmq.js'
import { type IncomingMessage, toIncoming } from './broker-session.js'
import { type BrokerNames, deadQueueOf, HEADERS } from './topology.js'

export interface DeadLetterEntry {
  consumer: string
  eventId: string
  type: string
  attempts: number
  /** Null if it is not known: RabbitMQ gave up on the message, not a worker. */
  diedAt: string | null
  reason: string
}

/** `eventId` null: all of the consumer. */
export interface BrokerDeadLetters {
  /** The oldest first. */
  list(consumer: string, limit: number): Promise<DeadLetterEntry[]>
  /** Puts them back into the consumer's queue, with all of their attempts. Returns how many. */
  retry(consumer: string, eventId: string | null): Promise<number>
  /** Deletes them. Returns how many. */
  drop(consumer: string, eventId: string | null): Promise<number>
}

const NOT_FOUND = 404

/** Written by RabbitMQ if it has moved a message without a worker. */
const GIVEN_UP = 'x-first-death-reason'

/** `revive` publishes a copy into the consumer's queue, and rejects if it is not stored. */
export function createBrokerDeadLetters(
  connect: ConnectRabbitmq,
  names: BrokerNames,
  revive: (consumer: string, message: IncomingMessage) => Promise<void>,
): BrokerDeadLetters {
  /**
   * Calls `visit` with each message that is there now. Those that `visit` does not acknowledge stay. Other operators don't
   * see them in the meantime.
   */
  async function forEach(
    consumer: string,
    visit: (message: GetMessage, channel: Channel) => Promise<void> | void,
    limit = Infinity,
  ): Promise<void> {
    const connection = await connect()
    try {
      const channel = await connection.createChannel()
      for await (const message of messagesOf(channel, deadQueueOf(names, consumer), limit))
        await visit(message, channel)
      channel.nackAll(true)
      await channel.close()
    } catch (error) {
      // A consumer that RabbitMQ does not know has no dead letters there.
      if ((error as { code?: unknown }).code !== NOT_FOUND) throw error
    } finally {
      await connection.close()
    }
  }

  const isMeant = (message: GetMessage, eventId: string | null) =>
    eventId === null || toIncoming(message).id === eventId

  return {
    async list(consumer, limit) {
      const entries: DeadLetterEntry[] = []
      await forEach(consumer, (message) => void entries.push(entryOf(consumer, toIncoming(message))), limit)
      return entries
    },

    async retry(consumer, eventId) {
      let count = 0
      await forEach(consumer, async (message, channel) => {
        if (!isMeant(message, eventId)) return
        // If the command dies before it acknowledges, the event is in both queues, and has one effect.
        await revive(consumer, toIncoming(message))
        channel.ack(message)
        count += 1
      })
      return count
    },

    async drop(consumer, eventId) {
      let count = 0
      await forEach(consumer, (message, channel) => {
        if (!isMeant(message, eventId)) return
        channel.ack(message)
        count += 1
      })
      return count
    },
  }
}

/**
 * As many as there are at the first one, so that it ends. A message answers for itself: the count of a passive declaration
 * leaves out what was given back a moment ago and is not on RabbitMQ's disk yet.
 */
async function* messagesOf(channel: Channel, queue: string, limit: number): AsyncGenerator<GetMessage> {
  let count = limit
  for (let i = 0; i < count; i += 1) {
    const message = await channel.get(queue)
    if (!message) return
    if (i === 0) count = Math.min(limit, message.fields.messageCount + 1)
    yield message
  }
}

function entryOf(consumer: string, { id, type, headers }: IncomingMessage): DeadLetterEntry {
  const { [HEADERS.reason]: reason, [HEADERS.diedAt]: diedAt } = headers
  const { [GIVEN_UP]: given } = headers
  const givenUp = `RabbitMQ gave up on it: ${typeof given === 'string' ? given : 'no reason'}`
  return {
    ...{ consumer, eventId: id, type, attempts: Number(headers[HEADERS.attempts]) || 0 },
    diedAt: typeof diedAt === 'string' ? diedAt : null,
    reason: typeof reason === 'string' && diedAt !== undefined ? reason : givenUp,
  }
}
