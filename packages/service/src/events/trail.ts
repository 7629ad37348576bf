// Writes events into the outbox, in the transaction of the change that they describe.
import { v7 as uuidv7 } from 'uuid'
import type { Statements } from '../database/statements.js'
import type { NewRow, Outbox } from './outbox.js'
import type { NewEvent } from './event.js'

/** For the events of a service: `New` is their union. */
export type EventTrail<New extends NewEvent = NewEvent> = ReturnType<typeof createEventTrail<New>>

export interface PreparedEvent {
  count: 0 | 1
  record: (tx: Statements, userId: string) => Promise<string | null>
}

/**
 * `wake` is called after each commit that has written events. `traceParent` returns the trace of the current request.
 * Without `isOn`, nothing is written, and every method does as if there were no such user.
 */
export function createEventTrail<New extends NewEvent>(
  outbox: Outbox,
  {
    isOn = true,
    wake,
    traceParent = () => null,
  }: { isOn?: boolean; wake: () => void; traceParent?: () => string | null },
) {
  const toRow = ({ type, data }: New): NewRow => ({
    ...{ id: uuidv7(), type, data: JSON.stringify(data), traceParent: traceParent() },
  })

  /**
   * Numbers the events under the lock of the user's row, which the transaction then holds: lock it before the rows of
   * their sessions, or two changes at once can deadlock. If the events can't be written, the change must fail: let the
   * error pass. Before a deletion, because a user who does not exist has no events. Returns the ids of the events, in
   * their order; none if there is no such user.
   */
  async function record(tx: Statements, userId: string, ...events: readonly New[]): Promise<string[]> {
    if (!isOn) return []
    const rows = events.map(toRow)
    if (!(await outbox.append(tx, userId, rows))) return []
    tx.afterCommit(wake)
    return rows.map(({ id }) => id)
  }

  return {
    record,

    /**
     * An event that another statement of the transaction numbers: it raises the user's `event_seq` by `count`. Call `record`
     * next, before the user has another event. It returns the event's id, or null without events. For what happens most.
     */
    prepare(event: New): PreparedEvent {
      if (!isOn) return { count: 0, record: () => Promise.resolve(null) }
      return {
        count: 1,
        async record(tx, userId) {
          const row = toRow(event)
          await outbox.insert(tx, userId, [row])
          tx.afterCommit(wake)
          return row.id
        },
      }
    },

    /** Takes events back that the same transaction has recorded, the user's last ones. */
    withdraw: (tx: Statements, userId: string, ids: readonly string[]): Promise<void> =>
      outbox.withdraw(tx, userId, ids),

    /** The same as `record` for one event of each of many users. */
    async recordAll(tx: Statements, events: readonly { userId: string; event: New }[]): Promise<void> {
      if (!isOn || events.length === 0) return
      const rows = new Map(events.map(({ userId, event }) => [userId, toRow(event)]))
      await outbox.appendToEach(tx, rows)
      tx.afterCommit(wake)
    },

    /**
     * Records an event unless the user has one of its type from the last `seconds`, of any process. `recent`: there was
     * one. `none`: there is no such user.
     */
    async recordSampled(
      tx: Statements,
      userId: string,
      event: New,
      seconds: number,
    ): Promise<'recorded' | 'recent' | 'none'> {
      if (!isOn || !(await outbox.lock(tx, userId))) return 'none'
      if (await outbox.hasRecent(tx, userId, event.type, seconds)) return 'recent'
      await record(tx, userId, event)
      return 'recorded'
    },
  }
}
