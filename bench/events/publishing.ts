// The relay and a client that only publishes with confirms, in turns: for each event the same two messages, of which one is
// for other systems, and one goes into a queue of the same kind.
import { connect, type GetMessage } from 'amqplib'
import type { Opened } from './events.ts'

/** Of each pair of slices. */
export interface Publishing {
  relay: number[]
  bare: number[]
}

const QUEUE = 'postern.bench'
const BARE_EXCHANGE = 'bare.events'
const BARE_QUEUE = 'bare.bench'
const PER_SLICE = 8000
const SLICES = 14
const WARM_UP_SLICES = 2
/** As many as the relay has: two batches of 500 events. */
const UNCONFIRMED = 2000

const KIND = {
  ...{ 'x-queue-type': 'quorum', 'x-delivery-limit': 50, 'x-overflow': 'reject-publish' },
  ...{ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': `${QUEUE}.dead` },
  'x-dead-letter-strategy': 'at-least-once',
}

type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>

/** As fast as the client can, with at most so many that are not confirmed. */
function publish(channel: Channel, { content, properties }: GetMessage, events: number): Promise<void> {
  const { messageId, type, contentType, headers, appId } = properties
  const options = { messageId, type, contentType, headers, appId, persistent: true }
  const count = 2 * events
  return new Promise((resolve, reject) => {
    let [sent, confirmed] = [0, 0]
    const confirm = (error: Error | null) => {
      if (error) return reject(error)
      confirmed += 1
      if (confirmed === count) resolve()
      else more()
    }
    const more = () => {
      for (; sent < count && sent - confirmed < UNCONFIRMED; sent++)
        if (sent % 2 === 0) channel.publish(BARE_EXCHANGE, String(type), content, options, confirm)
        else channel.publish('', BARE_QUEUE, content, { ...options, mandatory: true }, confirm)
    }
    more()
  })
}

async function perSecond(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return (PER_SLICE * 1000) / (performance.now() - begun)
}

export async function measurePublishing(events: Opened): Promise<Publishing> {
  const connection = await connect(String(process.env['RABBITMQ_URL']))
  const channel = await connection.createConfirmChannel()
  await events.leave(1)
  await events.step()
  const example = await channel.get(QUEUE, { noAck: true })
  if (!example) throw new Error('The relay published nothing.')
  await channel.assertExchange(BARE_EXCHANGE, 'topic', { durable: true })
  await channel.assertQueue(BARE_QUEUE, { durable: true, arguments: KIND })

  const figures: Publishing = { relay: [], bare: [] }
  const turns = {
    async relay() {
      await events.leave(PER_SLICE)
      const rate = await perSecond(() => events.step())
      const { messageCount } = await channel.purgeQueue(QUEUE)
      if (messageCount !== PER_SLICE) throw new Error(`The relay published ${messageCount} instead of ${PER_SLICE}.`)
      return rate
    },
    async bare() {
      const rate = await perSecond(() => publish(channel, example, PER_SLICE))
      await channel.purgeQueue(BARE_QUEUE)
      return rate
    },
  }
  const names = ['relay', 'bare'] as const
  for (let slice = 0; slice < WARM_UP_SLICES + SLICES; slice++)
    for (const name of slice % 2 === 0 ? names : names.toReversed()) {
      const rate = await turns[name]()
      if (slice >= WARM_UP_SLICES) figures[name].push(rate)
    }
  await connection.close()
  return figures
}
