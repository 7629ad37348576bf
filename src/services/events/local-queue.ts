// The queues of the consumers without a broker: rows of MySQL, which every process works off.
import type { EventQueue } from '../../repositories/events/event-queue.js'
import { type Consumer, DeadLetter } from './consumers.js'
import type { Processing } from './processing.js'
import { toEvent, type Publish } from './relay.js'

/** How long a process may take for an event before another one takes it over. */
const LEASE_SECONDS = 60

export function createLocalQueue({
  queue,
  consumers,
  process,
  concurrency,
  retrySeconds,
}: {
  queue: EventQueue
  consumers: readonly Consumer[]
  process: Processing
  /** How many events of each consumer this process works on at once. 0: it works on none. */
  concurrency: number
  /** The pauses after failed attempts. After the last one, an event becomes a dead letter. */
  retrySeconds: readonly number[]
}) {
  /** Puts the events into the queues of those that want them, in the transaction that marks them as published. */
  const publish: Publish = async (tx, events) => {
    const wanted = consumers.flatMap(({ name, types }) =>
      events.filter(({ type }) => types.includes(type)).map(({ id }) => ({ consumer: name, eventId: id })),
    )
    await queue.insert(tx, wanted)
    return { ids: events.map(({ id }) => id), failure: null }
  }

  async function tryOne(consumer: Consumer, claimed: Awaited<ReturnType<EventQueue['claim']>>[number]): Promise<void> {
    const { event, attempts } = claimed
    try {
      await process(consumer, toEvent(event))
    } catch (error) {
      const pause = error instanceof DeadLetter ? undefined : retrySeconds[attempts - 1]
      const reason = error instanceof Error ? error.message : String(error)
      await (pause === undefined
        ? queue.bury(consumer.name, event.id, reason)
        : queue.postpone(consumer.name, event.id, { seconds: pause, reason }))
      return
    }
    await queue.remove(consumer.name, event.id)
  }

  /** Processes what is due. Returns how many events it has tried. */
  async function stepOf(consumer: Consumer): Promise<number> {
    const claimed = await queue.claim(consumer.name, { limit: concurrency, leaseSeconds: LEASE_SECONDS })
    await Promise.all(claimed.map((one) => tryOne(consumer, one)))
    return claimed.length
  }

  let isClosed = false
  /** The steps that are running, of all consumers. */
  const running = new Set<Promise<void>>()

  async function drain(consumer: Consumer): Promise<void> {
    while ((await stepOf(consumer)) === concurrency && !isClosed);
  }

  return {
    publish,

    /** Processes what is due for every consumer. Rejects if the database is unavailable. */
    async step(): Promise<void> {
      if (concurrency === 0) return
      const step = Promise.all(consumers.map(drain)).then(() => undefined)
      running.add(step)
      await step.finally(() => running.delete(step))
    },

    /** Finishes the events that it works on. */
    async close(): Promise<void> {
      isClosed = true
      await Promise.allSettled(running)
    },
  }
}
