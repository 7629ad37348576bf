// The dead letters of all consumers, wherever they are: what an operator lists, retries and drops.
import type { BrokerDeadLetters, DeadLetterEntry } from './broker-dead-letters.js'
import type { DeadLetterRepository } from './stored-dead-letters.js'
import type { Consumer } from './consumers.js'

/** How many are listed, of the database and of each queue. */
const LISTED = 500

export type DeadLetters = ReturnType<typeof createDeadLetters>

/** `broker` is null without RabbitMQ. The database may still have some of the time before it. */
export function createDeadLetters({
  local,
  broker,
  consumers,
}: {
  local: DeadLetterRepository
  broker: BrokerDeadLetters | null
  consumers: readonly Consumer[]
}) {
  /** `eventId` null: all of the consumer. Returns how many. */
  const change =
    (action: 'retry' | 'drop') =>
    async (consumer: string, eventId: string | null): Promise<number> =>
      (await local[action]({ consumer, eventId })) + ((await broker?.[action](consumer, eventId)) ?? 0)

  return {
    /** Of one consumer, or of all. Without the data of the events, which may be the reason. */
    async list(consumer: string | null): Promise<DeadLetterEntry[]> {
      const letters = await local.list(consumer, LISTED)
      const entries: DeadLetterEntry[] = letters.map(({ event: { id, type }, reason, deadAt, ...letter }) => ({
        ...{ ...letter, eventId: id, type, reason: reason ?? '', diedAt: deadAt.toISOString() },
      }))
      const names = consumer === null ? consumers.map(({ name }) => name) : [consumer]
      for (const name of broker ? names : []) entries.push(...((await broker?.list(name, LISTED)) ?? []))
      return entries
    },
    retry: change('retry'),
    drop: change('drop'),
  }
}
