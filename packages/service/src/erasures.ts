// Erases what a service has of a deleted user, in steps: that can be any number of rows, and a transaction must end in time. Needs the
// table `erasures`: `user_id`, its key, and `begun_at`.
import type { DatabaseAccess } from './database/open-database.js'
import type { Statements } from './database/statements.js'
import { forEachUser } from './each-user.js'

/** Erases a limited number of rows. Returns whether nothing is left. Twice is harmless. */
export type EraseSome = (tx: Statements, userId: string) => Promise<boolean>

const BEGIN = `INSERT INTO erasures (user_id, begun_at) VALUES (?, UTC_TIMESTAMP(3))
  ON DUPLICATE KEY UPDATE user_id = user_id`

const UNFINISHED = 'SELECT user_id AS userId FROM erasures WHERE user_id > ? ORDER BY user_id LIMIT ?'

export type Erasures = ReturnType<typeof createErasures>

export function createErasures({ transaction, read, write }: DatabaseAccess, eraseSome: EraseSome) {
  async function finishOf(userId: string): Promise<number> {
    while (!(await transaction((tx) => eraseSome(tx, userId))));
    return write('DELETE FROM erasures WHERE user_id = ?', [userId])
  }

  async function unfinished(after: string, limit: number): Promise<string[]> {
    const rows = await read<{ userId: string }>(UNFINISHED, [after, String(limit)])
    return rows.map(({ userId }) => userId)
  }

  return {
    /** The first step, in the transaction that notes that the user is deleted. It also notes whether there must be more. */
    begin: async (tx: Statements, userId: string): Promise<void> => {
      if (!(await eraseSome(tx, userId))) await tx.write(BEGIN, [userId])
    },

    /** The other steps, of all users. A process can end between two: the next run goes on. Returns of how many users. */
    finish: (): Promise<number> => forEachUser(unfinished, finishOf),
  }
}
