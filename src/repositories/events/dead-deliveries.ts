// The dead letters in the database: rows of event_deliveries.
import type { Read } from '../database/reads.js'
import type { Write } from '../database/writes.js'
import type { DeadLetterEntry, DeadLetterStore } from './dead-letters.js'

const LIST = `SELECT d.consumer, d.event_id AS eventId, o.type, d.attempts, d.dead_at AS diedAt, d.reason
  FROM event_deliveries d JOIN outbox o ON o.id = d.event_id
  WHERE d.consumer = ? AND d.dead_at IS NOT NULL ORDER BY d.dead_at LIMIT ?`

type Row = Omit<DeadLetterEntry, 'diedAt' | 'reason'> & { diedAt: Date; reason: string | null }

export type DeadDeliveries = DeadLetterStore & { consumers(): Promise<string[]> }

export function createDeadDeliveries(read: Read, write: Write): DeadDeliveries {
  const change = (statement: string, consumer: string, eventId: string | null) =>
    eventId === null
      ? write(`${statement} WHERE consumer = ? AND dead_at IS NOT NULL`, [consumer])
      : write(`${statement} WHERE consumer = ? AND event_id = ? AND dead_at IS NOT NULL`, [consumer, eventId])

  return {
    /** Also those that this version does not have any more. */
    async consumers() {
      const rows = await read<{ consumer: string }>(
        'SELECT DISTINCT consumer FROM event_deliveries WHERE dead_at IS NOT NULL',
        [],
      )
      return rows.map(({ consumer }) => consumer)
    },
    async list(consumer, limit) {
      const rows = await read<Row>(LIST, [consumer, String(limit)])
      return rows.map(({ diedAt, reason, attempts, ...row }) => ({
        ...{ ...row, attempts: Number(attempts), diedAt: diedAt.toISOString(), reason: reason ?? '' },
      }))
    },
    retry: (consumer, eventId) =>
      change(
        'UPDATE event_deliveries SET dead_at = NULL, reason = NULL, attempts = 0, due_at = UTC_TIMESTAMP(3)',
        consumer,
        eventId,
      ),
    drop: (consumer, eventId) => change('DELETE FROM event_deliveries', consumer, eventId),
  }
}
