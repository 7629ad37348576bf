// The relay's publishing to RabbitMQ.
import type { BrokerPublisher } from './broker-publisher.js'
import { eventMessages } from './broker-messages.js'
import type { Consumer } from './consumers.js'
import type { PostedEvent } from './event.js'
import type { Publish } from './relay.js'
import type { BrokerNames } from './topology.js'
import { findWantedEvents } from './wanted-events.js'

/**
 * An event is published once the queue of each consumer that wants it has stored it. Each gets a message of its own, because
 * RabbitMQ says of one that goes to several queues only whether any of them has it.
 */
export function createBrokerPublishing(
  names: BrokerNames,
  publisher: Pick<BrokerPublisher, 'publish'>,
  consumers: readonly Consumer[],
): Publish {
  return async (tx, events) => {
    const wanted = await findWantedEvents(consumers, events, tx)
    const consumersOf = new Map<PostedEvent, string[]>(events.map((event) => [event, []]))
    for (const { consumer, events: own } of wanted) for (const event of own) consumersOf.get(event)?.push(consumer)
    const copies = events.map((event) => eventMessages(names, event, consumersOf.get(event) ?? []))
    const results = await publisher.publish(copies.flat())
    const ids: string[] = []
    let next = 0
    for (const [i, { id }] of events.entries()) {
      const own = results.slice(next, (next += copies[i]?.length ?? 0))
      if (own.every((result) => result === null)) ids.push(id)
    }
    return { ids, failure: results.find((result) => result !== null) ?? null }
  }
}
