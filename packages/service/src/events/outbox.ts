// The outbox: events that were committed, published or not yet.
import { listOf } from '../database/placeholders.js'
import type { MysqlTransaction } from '../database/mysql-transactions.js'
import type { Read } from '../database/reads.js'
import { insertAll, type Statements } from '../database/statements.js'
import type { Write } from '../database/writes.js'
import { createSubjects, EVENT_SUBJECTS, type SubjectTable } from './subjects.js'

export interface NewRow {
  id: string
  type: string
  /** JSON. */
  data: string
  traceParent: string | null
}

export interface StoredEvent extends NewRow {
  userId: string
  seq: number
  at: Date
}

export const EVENT_COLUMNS = 'o.id, o.type, o.user_id AS userId, o.seq, o.at, o.data, o.trace_parent AS traceParent'

export type EventRow = Omit<StoredEvent, 'seq'> & { seq: string | number }

/** The driver returns a BIGINT as a number or, if it is large, as text. */
export const toStoredEvent = (row: EventRow): StoredEvent => ({ ...row, seq: Number(row.seq) })

/** How many of a user's last events are searched for a recent one. */
const SEARCHED = 100

const FIND_RECENT = `SELECT 1 FROM (SELECT type, at FROM outbox WHERE user_id = ? ORDER BY seq DESC LIMIT ${SEARCHED}) recent
  WHERE type = ? AND at > UTC_TIMESTAMP(3) - INTERVAL ? SECOND LIMIT 1`

const FIND_PENDING = `SELECT ${EVENT_COLUMNS} FROM outbox o WHERE o.published_at IS NULL AND o.id > ? ORDER BY o.id LIMIT ?
  FOR UPDATE SKIP LOCKED`

export type Outbox = ReturnType<typeof createOutbox>

/** `table` numbers the events. */
export function createOutbox(
  transaction: MysqlTransaction,
  read: Read,
  write: Write,
  table: SubjectTable = EVENT_SUBJECTS,
) {
  const subjects = createSubjects(table)
  const insertion = `INSERT INTO outbox (id, type, user_id, seq, at, data, trace_parent)
    SELECT ?, ?, id, event_seq - ?, UTC_TIMESTAMP(3), ?, ? FROM ${subjects.table} WHERE id = ?`

  /** The transaction must have raised the user's `event_seq` by their number. */
  async function insert(tx: Statements, userId: string, events: readonly NewRow[]): Promise<void> {
    for (const [i, { id, type, data, traceParent }] of events.entries())
      await tx.write(insertion, [id, type, events.length - 1 - i, data, traceParent, userId])
  }

  return {
    insert,

    /** Locks the user's row and numbers the events. Returns false, and writes nothing, if there is no such user. */
    async append(tx: Statements, userId: string, events: readonly NewRow[]): Promise<boolean> {
      if (events.length === 0 || !(await subjects.raise(tx, userId, events.length))) return false
      await insert(tx, userId, events)
      return true
    },

    /** Deletes the last events of a user, which the transaction has appended. */
    async withdraw(tx: Statements, userId: string, ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return
      const { list, values } = listOf(ids)
      await tx.write(`DELETE FROM outbox WHERE id IN (${list})`, values)
      await subjects.lower(tx, userId, ids.length)
    },

    /** Writes one event of each of these users, and locks their rows. Those who do not exist get none. */
    async appendToEach(tx: Statements, events: ReadonlyMap<string, NewRow>): Promise<void> {
      const { list, values } = listOf([...events.keys()])
      await subjects.prepare(tx, [...events.keys()])
      await tx.write(`UPDATE ${subjects.table} SET event_seq = event_seq + 1 WHERE id IN (${list})`, values)
      const users = await tx.select<{ id: string; seq: number | string; at: Date }>(
        `SELECT id, event_seq AS seq, UTC_TIMESTAMP(3) AS at FROM ${subjects.table} WHERE id IN (${list})`,
        values,
      )
      const rows = users.flatMap(({ id: userId, seq, at }) => {
        const event = events.get(userId)
        return event ? [[event.id, event.type, userId, seq, at, event.data, event.traceParent]] : []
      })
      await insertAll(tx, 'outbox', ['id', 'type', 'user_id', 'seq', 'at', 'data', 'trace_parent'], rows)
    },

    /** Locks the user's row. Returns false if there is no such user. */
    lock: (tx: Statements, userId: string): Promise<boolean> => subjects.lock(tx, userId),

    /** Whether a user whose row is locked has an event of this type from the last `seconds`. */
    hasRecent: async (tx: Statements, userId: string, type: string, seconds: number): Promise<boolean> =>
      (await tx.select(FIND_RECENT, [userId, type, seconds])).length > 0,

    /**
     * Passes the oldest unpublished events behind `after` to `publish`, and marks those as published whose ids it resolves
     * to. Skips those that another process is publishing. `last`: its id, if there may be more behind it.
     */
    async publishPending(
      { limit, after }: { limit: number; after: string },
      publish: (tx: Statements, events: StoredEvent[]) => Promise<{ ids: readonly string[]; failure: Error | null }>,
    ): Promise<{ last: string | null; published: number; failure: Error | null }> {
      return transaction(async (tx) => {
        const rows = await tx.select<EventRow>(FIND_PENDING, [after, String(limit)])
        if (rows.length === 0) return { last: null, published: 0, failure: null }
        const { ids, failure } = await publish(tx, rows.map(toStoredEvent))
        if (ids.length > 0) {
          const { list, values } = listOf(ids)
          await tx.write(`UPDATE outbox SET published_at = UTC_TIMESTAMP(3) WHERE id IN (${list})`, values)
        }
        const last = rows.length < limit ? null : (rows.at(-1)?.id ?? null)
        return { last, published: ids.length, failure }
      })
    },

    /** How many events are not published yet, and how old the oldest is, in seconds. */
    async waiting(): Promise<{ count: number; seconds: number }> {
      const [row] = await read<{ count: string | number; seconds: string | number }>(
        `SELECT COUNT(*) AS count, COALESCE(TIMESTAMPDIFF(MICROSECOND, MIN(at), UTC_TIMESTAMP(3)) / 1000000, 0) AS seconds
         FROM outbox WHERE published_at IS NULL`,
        [],
      )
      return { count: Number(row?.count), seconds: Math.max(0, Number(row?.seconds)) }
    },

    /** Deletes events that were published before `before` and are in no queue of a consumer. Returns how many. */
    async purge(before: Date, limit: number): Promise<number> {
      // By consumer, because the key of the queues begins with it.
      const consumers = await read<{ name: string }>('SELECT DISTINCT consumer AS name FROM event_deliveries', [])
      const names = consumers.map(({ name }) => name)
      const waitsNowhere = names.map(
        () => 'AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.consumer = ? AND d.event_id = outbox.id)',
      )
      const sql = `DELETE FROM outbox WHERE published_at < ? ${waitsNowhere.join(' ')} LIMIT ?`
      return write(sql, [before, ...names, String(limit)])
    },
  }
}
