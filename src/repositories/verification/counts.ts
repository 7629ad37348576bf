// The table of counts: mails and guesses in a period, for each address or account.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'

export interface Count {
  count: number
  endsAt: Date
}

const ADD = `INSERT INTO verification_counts (subject, count, ends_at) VALUES (?, 1, ?)
  ON DUPLICATE KEY UPDATE count = IF(ends_at <= ?, 1, count + 1), ends_at = IF(ends_at <= ?, VALUES(ends_at), ends_at)`

/** The same, but changes nothing if there are enough. */
const ADD_BELOW = `INSERT INTO verification_counts (subject, count, ends_at) VALUES (?, 1, ?)
  ON DUPLICATE KEY UPDATE count = IF(ends_at <= ?, 1, IF(count < ?, count + 1, count)),
    ends_at = IF(ends_at <= ?, VALUES(ends_at), ends_at)`

/** What both servers answer if the row was there and has changed. 1: it is new, or has not changed. */
const CHANGED = 2

const FIND = 'SELECT count, ends_at AS endsAt FROM verification_counts WHERE subject = ?'

interface Row {
  count: number | bigint
  endsAt: Date
}

function toCount([row]: readonly Row[]): Count {
  if (!row) throw new Error('The count is not there any more.')
  return { ...row, count: Number(row.count) }
}

export type CountRepository = ReturnType<typeof createCountRepository>

export function createCountRepository(read: Read, write: Write) {
  return {
    /** Whether its period has not ended. */
    isCurrent: async (subject: string, now: Date): Promise<boolean> =>
      (await read('SELECT 1 FROM verification_counts WHERE subject = ? AND ends_at > ?', [subject, now])).length > 0,

    /** Counts one more, in a period that ends later now. */
    prolong: (subject: string, endsAt: Date): Promise<number> =>
      write(
        `INSERT INTO verification_counts (subject, count, ends_at) VALUES (?, 1, ?)
         ON DUPLICATE KEY UPDATE count = count + 1, ends_at = VALUES(ends_at)`,
        [subject, endsAt],
      ),

    /**
     * Counts one more, in a period that begins with the first. Locks the row, so that two at once count one after the
     * other. Always writes a row.
     */
    async add(tx: Statements, subject: string, { now, endsAt }: { now: Date; endsAt: Date }): Promise<Count> {
      await tx.write(ADD, [subject, endsAt, now, now])
      return toCount(await tx.select<Row>(FIND, [subject]))
    },

    /**
     * Counts one more unless there are `limit`, more than one, and returns null. Otherwise the end of the period. Mostly one
     * statement.
     */
    async addBelow(subject: string, limit: number, { now, endsAt }: { now: Date; endsAt: Date }): Promise<Date | null> {
      if ((await write(ADD_BELOW, [subject, endsAt, now, limit, now])) === CHANGED) return null
      const found = toCount(await read<Row>(FIND, [subject]))
      return found.count < limit ? null : found.endsAt
    },

    /** Takes one back that should not count. */
    async takeBack(tx: Statements, subject: string): Promise<void> {
      await tx.write('UPDATE verification_counts SET count = count - 1 WHERE subject = ? AND count > 0', [subject])
    },

    /** Deletes up to `limit` counts whose period has ended. Returns how many. */
    purge: (now: Date, limit: number): Promise<number> =>
      write(`DELETE FROM verification_counts WHERE ends_at <= ? LIMIT ${limit}`, [now]),
  }
}
