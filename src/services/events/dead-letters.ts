// The dead letters of all consumers, wherever they are: what an operator lists, retries and drops.
import type { DeadDeliveries } from '../../repositories/events/dead-deliveries.js'
import type { DeadLetterEntry, DeadLetterStore } from '../../repositories/events/dead-letters.js'
import type { Consumer } from './consumers.js'

/** How many are listed of each consumer. */
const LISTED = 500

export type DeadLetters = ReturnType<typeof createDeadLetters>

/** `broker` is null without RabbitMQ. */
export function createDeadLetters({
  deliveries,
  broker,
  consumers,
}: {
  deliveries: DeadDeliveries
  broker: DeadLetterStore | null
  consumers: readonly Consumer[]
}) {
  const stores: readonly DeadLetterStore[] = broker ? [deliveries, broker] : [deliveries]

  /** One store after the other. */
  async function sum(count: (store: DeadLetterStore) => Promise<number>): Promise<number> {
    let total = 0
    for (const store of stores) total += await count(store)
    return total
  }

  return {
    /** Of one consumer, or of all. */
    async list(consumer: string | null): Promise<DeadLetterEntry[]> {
      const all = async () => new Set([...consumers.map(({ name }) => name), ...(await deliveries.consumers())])
      const entries: DeadLetterEntry[] = []
      for (const name of consumer === null ? await all() : [consumer])
        for (const store of stores) entries.push(...(await store.list(name, LISTED)))
      return entries
    },
    /** `eventId` null: all of the consumer. Returns how many. */
    retry: (consumer: string, eventId: string | null) => sum((store) => store.retry(consumer, eventId)),
    drop: (consumer: string, eventId: string | null) => sum((store) => store.drop(consumer, eventId)),
  }
}
