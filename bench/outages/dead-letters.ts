// The poison, and the dead letters that it must become.
import { randomUUID } from 'node:crypto'
import { connect } from 'amqplib'
import { REFUSED_ADDRESS } from './mail-servers.ts'
import type { People } from './people.ts'

/** What becomes a dead letter: a message of each consumer, and a mail. */
export const POISONED = { mail: 2, webhooks: 1 }

const CONSUMERS = Object.keys(POISONED)

async function withChannel<T>(url: string, work: (channel: Channel) => Promise<T>): Promise<T> {
  const connection = await connect(url)
  try {
    return await work(await connection.createConfirmChannel())
  } finally {
    await connection.close()
  }
}

type Channel = Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>

/** Returns the id of the account whose mail is refused. */
export async function poison(url: string, people: People): Promise<string> {
  await withChannel(url, async (channel) => {
    for (const consumer of CONSUMERS)
      channel.sendToQueue(`postern.${consumer}`, Buffer.from('{"specversion":"2.0"}'), {
        ...{ messageId: randomUUID(), type: 'unknown', persistent: true },
      })
    await channel.waitForConfirms()
  })
  for (;;) {
    const id = await people.register(REFUSED_ADDRESS, 'refused_mailbox')
    if (id !== null) return id
  }
}

/** How many dead letters each consumer has. */
export const countDeadLetters = (url: string): Promise<Record<string, number>> =>
  withChannel(url, async (channel) => {
    const counts: Record<string, number> = {}
    for (const consumer of CONSUMERS)
      counts[consumer] = (await channel.checkQueue(`postern.${consumer}.dead`)).messageCount
    return counts
  })
