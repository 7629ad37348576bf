// Decides, when an event is published, which consumers have something to do for it.
import type { Statements } from '../database/statements.js'
import type { Consumer } from './consumers.js'
import type { PostedEvent } from './event.js'

export interface WantedEvents {
  /** The name of the consumer. */
  consumer: string
  events: readonly PostedEvent[]
}

/** In the order of the consumers. Those that want none of the events are left out. `tx`: the one that publishes them. */
export async function findWantedEvents(
  consumers: readonly Consumer[],
  events: readonly PostedEvent[],
  tx: Statements,
): Promise<WantedEvents[]> {
  const found: WantedEvents[] = []
  for (const consumer of consumers) {
    const ofItsTypes = events.filter(({ type }) => consumer.types.includes(type))
    if (ofItsTypes.length === 0) continue
    const wanted = consumer.select ? await consumer.select(ofItsTypes, tx) : ofItsTypes
    if (wanted.length > 0) found.push({ consumer: consumer.name, events: wanted })
  }
  return found
}
