// The consumer of events: one delivery for each webhook that wants an event.
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '@postern/service/clock'
import type { DeliveryRepository } from '../../repositories/webhooks/deliveries.js'
import type { EndpointRepository } from '../../repositories/webhooks/endpoints.js'
import type { AnyEvent, Consumer } from '../events/index.js'
import { WEBHOOK_EVENT_TYPES } from './event-types.js'

/** `toCloudEvent` returns what is sent. `wake` is called once deliveries are committed. */
export function createSubscription({
  endpoints,
  deliveries,
  toCloudEvent,
  wake,
  clock,
}: {
  endpoints: EndpointRepository
  deliveries: DeliveryRepository
  toCloudEvent: (event: AnyEvent) => object
  wake: () => void
  clock: Clock
}): Consumer {
  return {
    name: 'webhooks',
    types: WEBHOOK_EVENT_TYPES,
    async select(events, tx) {
      const types = await endpoints.wantedTypes(tx)
      return types === null ? events : events.filter(({ type }) => types.has(type))
    },
    async write(event, tx) {
      const wanting = await endpoints.wanting(tx, event.type)
      if (wanting.length === 0) return
      const body = JSON.stringify(toCloudEvent(event))
      const content = { eventId: event.id, type: event.type, body, userId: event.userId }
      const rows = wanting.map((endpointId) => ({ id: uuidv7(), endpointId, ...content }))
      await deliveries.insert(tx, rows, clock())
      tx.afterCommit(wake)
    },
  }
}
