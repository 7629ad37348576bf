// Erases what a service has of a deleted user, in steps: that can be any number of rows, and a transaction must end in time. Needs the
// table `erasures`: `user_id`, its key, and `begun_at`.
import type { DatabaseAccess } from './database/open-database.js'
import type { Statements } from './database/statements.js'
import { forEachUser, STEPS_PER_RUN } from './each-user.js'

/** Erases a limited number of rows. Returns whether nothing is left. Twice is harmless. */
export type EraseSome = (tx: Statements, userId: string) => Promise<boolean>

const BEGIN = `INSERT INTO erasures (user_id, begun_at) VALUES (?, UTC_TIMESTAMP(3))
  ON DUPLICATE KEY UPDATE user_id = user_id`

const UNFINISHED = 'SELECT user_id AS userId FROM erasures WHERE user_id > ? ORDER BY user_id LIMIT ?'

/** Whose turn it is: another process that is at it goes on. */
const TAKE = 'SELECT user_id FROM erasures WHERE user_id = ? FOR UPDATE SKIP LOCKED'

export type Erasures = ReturnType<typeof createErasures>

export function createErasures(
  { transaction, read }: Pick<DatabaseAccess, 'transaction' | 'read'>,
  eraseSome: EraseSome,
  { steps = STEPS_PER_RUN } = {},
) {
  const stepOf = (userId: string) =>
    transaction(async (tx): Promise<'elsewhere' | 'unfinished' | 'finished'> => {
      if ((await tx.select(TAKE, [userId])).length === 0) return 'elsewhere'
      if (!(await eraseSome(tx, userId))) return 'unfinished'
      await tx.write('DELETE FROM erasures WHERE user_id = ?', [userId])
      return 'finished'
    })

  /** The next run goes on. */
  async function finishOf(userId: string, stopping?: AbortSignal): Promise<number> {
    for (let step = 0; step < steps && !stopping?.aborted; step++) {
      const result = await stepOf(userId)
      if (result !== 'unfinished') return result === 'finished' ? 1 : 0
    }
    return 0
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

    /** Other steps, of all users. A process can end between two: the next run goes on. Returns how many users are finished. */
    finish: (stopping?: AbortSignal): Promise<number> =>
      forEachUser(unfinished, (userId) => finishOf(userId, stopping), stopping),
  }
}
