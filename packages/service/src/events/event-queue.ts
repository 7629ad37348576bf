// The queues of the consumers, as rows of MySQL.
import type { MysqlTransaction } from '../database/mysql-transactions.js'
import { listOf } from '../database/placeholders.js'
import type { Read } from '../database/reads.js'
import { insertAll, type Statements } from '../database/statements.js'
import type { Write } from '../database/writes.js'
import { EVENT_COLUMNS, type EventRow, type StoredEvent, toStoredEvent } from './outbox.js'

/** An event that this process may work on until its lease ends. */
export interface ClaimedEvent {
  event: StoredEvent
  /** How often it was tried, this time included. */
  attempts: number
}

const REASON_LENGTH = 255

const FIND_DUE = `SELECT ${EVENT_COLUMNS}, d.attempts FROM event_deliveries d STRAIGHT_JOIN outbox o ON o.id = d.event_id
  WHERE d.consumer = ? AND d.dead_at IS NULL AND d.due_at <= UTC_TIMESTAMP(3) ORDER BY d.due_at LIMIT ?
  FOR UPDATE SKIP LOCKED`

const LEASE = `UPDATE event_deliveries SET attempts = attempts + 1, due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND
  WHERE consumer = ? AND event_id IN`

/** Reads an index of all queues, and no event: the ids sort by time. */
const STATES = `SELECT consumer, COALESCE(SUM(dead_at IS NULL), 0) AS depth, COALESCE(SUM(dead_at IS NOT NULL), 0) AS dead,
    MIN(CASE WHEN dead_at IS NULL THEN event_id END) AS oldestId
  FROM event_deliveries GROUP BY consumer`

/** The queue of a consumer. `oldestId`: of the event that has waited longest, dead letters excepted. */
export interface StoredQueue {
  consumer: string
  depth: number
  dead: number
  oldestId: string | null
}

export type EventQueue = ReturnType<typeof createEventQueue>

export function createEventQueue(transaction: MysqlTransaction, read: Read, write: Write) {
  return {
    async insert(tx: Statements, deliveries: readonly { consumer: string; eventId: string }[]): Promise<void> {
      if (deliveries.length === 0) return
      // Not this machine's: an event of a process whose clock is ahead would wait.
      const [time] = await tx.select<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now', [])
      if (!time) throw new Error('the database returned no time')
      await insertAll(
        tx,
        'event_deliveries',
        ['consumer', 'event_id', 'due_at'],
        deliveries.map(({ consumer, eventId }) => [consumer, eventId, time.now]),
      )
    },

    /** Takes events that are due. They are due again when the lease ends, if they are still there. */
    async claim(
      consumer: string,
      { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
    ): Promise<ClaimedEvent[]> {
      return transaction(async (tx) => {
        const rows = await tx.select<EventRow & { attempts: number }>(FIND_DUE, [consumer, String(limit)])
        if (rows.length === 0) return []
        const { list, values } = listOf(rows.map(({ id }) => id))
        await tx.write(`${LEASE} (${list})`, [leaseSeconds, consumer, ...values])
        return rows.map(({ attempts, ...row }) => ({ event: toStoredEvent(row), attempts: Number(attempts) + 1 }))
      })
    },

    async remove(consumer: string, eventIds: readonly string[]): Promise<void> {
      const { list, values } = listOf(eventIds)
      await write(`DELETE FROM event_deliveries WHERE consumer = ? AND event_id IN (${list})`, [consumer, ...values])
    },

    /** Tries again in `seconds`. */
    postpone: (
      consumer: string,
      eventId: string,
      { seconds, reason }: { seconds: number; reason: string },
    ): Promise<number> =>
      write(
        `UPDATE event_deliveries SET due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND, reason = ?
         WHERE consumer = ? AND event_id = ?`,
        [seconds, reason.slice(0, REASON_LENGTH), consumer, eventId],
      ),

    /** The same, and takes the attempt back. */
    defer: (
      consumer: string,
      eventId: string,
      { seconds, reason }: { seconds: number; reason: string },
    ): Promise<number> =>
      write(
        `UPDATE event_deliveries SET attempts = attempts - 1, due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND, reason = ?
         WHERE consumer = ? AND event_id = ? AND attempts > 0`,
        [seconds, reason.slice(0, REASON_LENGTH), consumer, eventId],
      ),

    /** The queues in which something waits or is dead. */
    async states(): Promise<StoredQueue[]> {
      const rows = await read<StoredQueue>(STATES, [])
      return rows.map(({ depth, dead, ...queue }) => ({ ...queue, depth: Number(depth), dead: Number(dead) }))
    },

    /** Makes it a dead letter. */
    bury: (consumer: string, eventId: string, reason: string): Promise<number> =>
      write('UPDATE event_deliveries SET dead_at = UTC_TIMESTAMP(3), reason = ? WHERE consumer = ? AND event_id = ?', [
        reason.slice(0, REASON_LENGTH),
        consumer,
        eventId,
      ]),
  }
}
