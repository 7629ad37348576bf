// The relay's publishing to RabbitMQ.
import type { BrokerPublisher } from '../../repositories/events/broker-publisher.js'
import { eventMessage } from './broker-messages.js'
import type { Consumer } from './consumers.js'
import type { Publish } from './relay.js'

/** Other systems may bind queues for every type. Only the types that a consumer of Postern wants must reach a queue. */
export function createBrokerPublishing(
  publisher: Pick<BrokerPublisher, 'publish'>,
  consumers: readonly Consumer[],
): Publish {
  return async (_tx, events) => {
    const wanted = new Set<string>(consumers.flatMap(({ types }) => types))
    const results = await publisher.publish(events.map((event) => eventMessage(event, wanted.has(event.type))))
    return {
      ids: events.filter((_event, i) => results[i] === null).map(({ id }) => id),
      failure: results.find((result) => result !== null) ?? null,
    }
  }
}
