// Decides, when an event is published, which consumers have something to do for it.
import type { Statements } from '@postern/service/database/statements'
import type { Consumer } from './consumers.js'
import type { AnyEvent } from './event-types.js'

export interface WantedEvents {
  /** The name of the consumer. */
  consumer: string
  events: readonly AnyEvent[]
}

/** In the order of the consumers. Those that want none of the events are left out. `tx`: the one that publishes them. */
export async function findWantedEvents(
  consumers: readonly Consumer[],
  events: readonly AnyEvent[],
  tx: Statements,
): Promise<WantedEvents[]> {
  const found: WantedEvents[] = []
  for (const { name, types, select } of consumers) {
    const ofItsTypes = events.filter(({ type }) => types.includes(type))
    if (ofItsTypes.length === 0) continue
    const wanted = select ? await select(ofItsTypes, tx) : ofItsTypes
    if (wanted.length > 0) found.push({ consumer: name, events: wanted })
  }
  return found
}
