// Writes events into the outbox, in the transaction of the change that they describe.
import { v7 as uuidv7 } from 'uuid'
import type { Statements } from '../../repositories/database/statements.js'
import type { Outbox } from '../../repositories/events/outbox.js'
import type { EventType, NewEvent } from './event-types.js'

export type EventTrail = ReturnType<typeof createEventTrail>

/** `wake` is called after each commit that has written events. `traceParent` returns the trace of the current request. */
export function createEventTrail(
  outbox: Outbox,
  { wake, traceParent = () => null }: { wake: () => void; traceParent?: () => string | null },
) {
  return {
    /**
     * Numbers the events under the lock of the user's row, which the transaction then holds. If they can't be written, the
     * change must fail: let the error pass. Before a deletion, because a user who does not exist has no events. Returns the
     * ids of the events, in their order; none if there is no such user.
     */
    async record<Type extends EventType>(
      tx: Statements,
      userId: string,
      ...events: readonly NewEvent<Type>[]
    ): Promise<string[]> {
      const rows = events.map(({ type, data }) => ({
        ...{ id: uuidv7(), type, data: JSON.stringify(data), traceParent: traceParent() },
      }))
      if (!(await outbox.append(tx, userId, rows))) return []
      tx.afterCommit(wake)
      return rows.map(({ id }) => id)
    },
  }
}
