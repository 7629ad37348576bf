// The consumer of events: one delivery for each webhook that wants an event.
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import type { DeliveryRepository } from './tables/deliveries.js'
import type { EndpointRepository } from './tables/endpoints.js'

interface AnyEvent {
  id: string
  type: string
  userId: string
}

/** Called in the transaction that adds deliveries of events of a user, after the rows. Not for `user.deleted`, which has only the id. */
export type OnAdded = ((tx: Statements, userId: string) => Promise<void>) | undefined

export async function noteAdded(
  tx: Statements,
  onAdded: OnAdded,
  added: readonly { type: string; userId: string | null }[],
): Promise<void> {
  const userIds = added.flatMap(({ type, userId }) => (userId === null || type === 'user.deleted' ? [] : [userId]))
  for (const userId of new Set(userIds)) await onAdded?.(tx, userId)
}

/** `toCloudEvent` returns what is sent. `wake` is called once deliveries are committed, with their webhooks. */
export function createSubscription<Event extends AnyEvent>({
  endpoints,
  deliveries,
  toCloudEvent,
  onAdded,
  wake,
  clock,
}: {
  endpoints: EndpointRepository
  deliveries: DeliveryRepository
  toCloudEvent: (event: Event) => object
  onAdded: OnAdded
  wake: (webhookIds: readonly string[]) => void
  clock: Clock
}) {
  return {
    /** Those of the events that a webhook wants. */
    async select(events: readonly Event[], tx: Statements): Promise<readonly Event[]> {
      const types = await endpoints.wantedTypes(tx)
      return types === null ? events : events.filter(({ type }) => types.has(type))
    },

    async write(event: Event, tx: Statements): Promise<void> {
      const wanting = await endpoints.wanting(tx, event.type)
      if (wanting.length === 0) return
      const body = JSON.stringify(toCloudEvent(event))
      const content = { eventId: event.id, type: event.type, body, userId: event.userId }
      const rows = wanting.map((endpointId) => ({ id: uuidv7(), endpointId, ...content }))
      await deliveries.insert(tx, rows, clock())
      await noteAdded(tx, onAdded, [event])
      tx.afterCommit(() => wake(wanting))
    },
  }
}
