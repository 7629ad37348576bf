// What each consumer has processed.
import type { Read } from '../database/reads.js'
import type { Statements } from '../database/statements.js'
import type { Write } from '../database/writes.js'

export type ProcessedEvents = ReturnType<typeof createProcessedEvents>

export function createProcessedEvents(read: Read, write: Write) {
  return {
    has: async (consumer: string, eventId: string): Promise<boolean> =>
      (await read('SELECT 1 FROM processed_events WHERE consumer = ? AND event_id = ?', [consumer, eventId])).length >
      0,

    /** Returns false if it was there. Another transaction with the same event waits until this one ends. */
    insert: async (tx: Statements, consumer: string, eventId: string): Promise<boolean> =>
      (await tx.write('INSERT IGNORE INTO processed_events (consumer, event_id, at) VALUES (?, ?, UTC_TIMESTAMP(3))', [
        consumer,
        eventId,
      ])) === 1,

    purge: (before: Date, limit: number): Promise<number> =>
      write('DELETE FROM processed_events WHERE at < ? LIMIT ?', [before, String(limit)]),
  }
}
