// The dead letters of the queues in MySQL: events that a consumer could not process.
import type { Read } from '../database/reads.js'
import type { Write } from '../database/writes.js'
import { EVENT_COLUMNS, type EventRow, type StoredEvent, toStoredEvent } from './outbox.js'

export interface StoredDeadLetter {
  consumer: string
  event: StoredEvent
  attempts: number
  reason: string | null
  deadAt: Date
}

/** All of a consumer, or one. */
export interface Selection {
  consumer: string
  eventId: string | null
}

/** Dead letters per statement, so that locks are short. */
const BATCH = 1000

const REVIVE = 'UPDATE event_deliveries SET dead_at = NULL, attempts = 0, due_at = UTC_TIMESTAMP(3)'
const DELETE = 'DELETE FROM event_deliveries'

export type DeadLetterRepository = ReturnType<typeof createDeadLetterRepository>

export function createDeadLetterRepository(read: Read, write: Write) {
  /** Without those that become dead letters in the meantime: they can be the same ones again. */
  async function forEachBatch(statement: string, { consumer, eventId }: Selection): Promise<number> {
    const [time] = await read<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now', [])
    if (!time) throw new Error('the database returned no time')
    const which = eventId === null ? '' : 'AND event_id = ?'
    const sql = `${statement} WHERE consumer = ? AND dead_at <= ? ${which} LIMIT ${BATCH}`
    let total = 0
    for (;;) {
      const changed = await write(sql, [consumer, time.now, ...(eventId === null ? [] : [eventId])])
      total += changed
      if (changed < BATCH) return total
    }
  }

  return {
    /** The oldest events first; of one consumer, or of all. */
    async list(consumer: string | null, limit: number): Promise<StoredDeadLetter[]> {
      type Row = EventRow & Omit<StoredDeadLetter, 'event'>
      const rows = await read<Row>(
        `SELECT ${EVENT_COLUMNS}, d.consumer, d.attempts, d.reason, d.dead_at AS deadAt
         FROM event_deliveries d JOIN outbox o ON o.id = d.event_id
         WHERE d.dead_at IS NOT NULL ${consumer === null ? '' : 'AND d.consumer = ?'}
         ORDER BY d.event_id, d.consumer LIMIT ?`,
        [...(consumer === null ? [] : [consumer]), String(limit)],
      )
      return rows.map(({ consumer, attempts, reason, deadAt, ...event }) => ({
        ...{ consumer, event: toStoredEvent(event), attempts: Number(attempts), reason, deadAt },
      }))
    },

    /** Puts them back into the queue, as if they had never been tried. Returns how many. */
    retry: (selection: Selection): Promise<number> => forEachBatch(REVIVE, selection),

    /** Deletes them: the consumer never processes these events. Returns how many. */
    drop: (selection: Selection): Promise<number> => forEachBatch(DELETE, selection),
  }
}
