// The numbers of events: 1, 2, 3 … for each subject, which is a user.
import { insertAll, type Statements } from '../database/statements.js'

/** A table with the columns `id` and `event_seq`. */
export interface SubjectTable {
  name: string
  /** Whether a subject gets its row with its first event. Otherwise, a subject without a row has no events. */
  onDemand: boolean
}

/** The table of a service that has none of its own for users: see README.md. */
export const EVENT_SUBJECTS: SubjectTable = { name: 'event_subjects', onDemand: true }

export function createSubjects({ name: table, onDemand }: SubjectTable) {
  /** An upsert locks the row at once. INSERT IGNORE would only share it, so that two transactions could deadlock. */
  const create = `INSERT INTO ${table} (id, event_seq) VALUES (?, ?) ON DUPLICATE KEY UPDATE event_seq = event_seq + ?`

  return {
    table,

    /** Locks the subject's row and raises its number. Returns false if there is no such subject. */
    raise: async (tx: Statements, id: string, count: number): Promise<boolean> =>
      (onDemand
        ? await tx.write(create, [id, count, count])
        : await tx.write(`UPDATE ${table} SET event_seq = event_seq + ? WHERE id = ?`, [count, id])) > 0,

    /** Takes back the last numbers of a subject. */
    lower: (tx: Statements, id: string, count: number): Promise<number> =>
      tx.write(`UPDATE ${table} SET event_seq = event_seq - ? WHERE id = ?`, [count, id]),

    /** Locks the subject's row. Returns false if there is no such subject. */
    async lock(tx: Statements, id: string): Promise<boolean> {
      if (onDemand) await tx.write(create, [id, 0, 0])
      return (await tx.select(`SELECT 1 FROM ${table} WHERE id = ? FOR UPDATE`, [id])).length > 0
    },

    /** Makes the rows that are missing, in the order of the ids, so that two transactions don't deadlock. */
    async prepare(tx: Statements, ids: readonly string[]): Promise<void> {
      if (!onDemand) return
      const rows = ids.toSorted().map((id) => [id, 0])
      await insertAll(tx, table, ['id', 'event_seq'], rows, ' ON DUPLICATE KEY UPDATE event_seq = event_seq')
    },
  }
}
