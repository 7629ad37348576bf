// A consumer whose effects are in another service: it hands events over, several at a time.
import { batchesOf } from '../batches.js'
import { DeadLetter, Deferral, type SendingConsumer } from './consumers.js'
import type { PostedEvent } from './event.js'
import type { Receipt } from './receiver.js'

/** How many events are handed over at once, and how many times at the same time. */
const BATCHES = { size: 100, inFlight: 2 }

interface Options<Event extends PostedEvent> {
  /** The name of the queue. Never change it. */
  readonly name: string
  readonly types: readonly Event['type'][]
  /** Rejects if the receiver does not respond: with a Deferral while it is away. */
  readonly deliver: (events: readonly PostedEvent[]) => Promise<Receipt>
}

/**
 * An event that the receiver refuses becomes a dead letter, with its reason. What is only unavailable is waited for, and everything
 * else is tried again: at least once is what is promised, and the receiver processes an event once.
 */
export function createRemoteConsumer<Event extends PostedEvent>({
  name,
  types,
  deliver,
}: Options<Event>): SendingConsumer<Event> {
  /** The events that wait for their batch, by their ids. */
  const waiting = new Map<string, PostedEvent>()

  const outcomes = batchesOf<Error>(async (ids) => {
    const events = ids.flatMap((id) => waiting.get(id) ?? [])
    const { refused, postponed, unavailable } = await deliver(events)
    return new Map([
      ...refused.map(({ eventId, reason }) => [eventId, new DeadLetter(reason)] as const),
      ...postponed.map(({ eventId, reason }) => [eventId, new Error(reason)] as const),
      ...unavailable.map(({ eventId, reason }) => [eventId, new Deferral(reason)] as const),
    ])
  }, BATCHES)

  return {
    name,
    types,
    async send(event) {
      waiting.set(event.id, event)
      try {
        const failure = (await outcomes(event.id)).get(event.id)
        if (failure) throw failure
      } finally {
        waiting.delete(event.id)
      }
    },
  }
}
