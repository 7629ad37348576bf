// Erases what a service has of a deleted user, in steps: that can be any number of rows, and a transaction must end in time. Needs the
// table `erasures`: `user_id`, its key, `begun_at` and `due_at`, which can be null.
import type { DatabaseAccess } from './database/open-database.js'
import type { Statements } from './database/statements.js'
import { forEachUser, STEPS_PER_RUN } from './each-user.js'

/** Whether nothing is left. `later`: what is left can't be erased yet, such as what still has to be sent to someone. */
export type Erased = boolean | 'later'

/** Erases a limited number of rows. Twice is harmless. */
export type EraseSome = (tx: Statements, userId: string) => Promise<Erased>

/** Another look at what can't be erased yet comes after a tenth of the time that it has taken so far, within these bounds, in seconds. */
const AGAIN = { least: 30, most: 600 }

const BEGIN = `INSERT INTO erasures (user_id, begun_at) VALUES (?, UTC_TIMESTAMP(3))
  ON DUPLICATE KEY UPDATE user_id = user_id`

const POSTPONE = `UPDATE erasures SET due_at = UTC_TIMESTAMP(3) + INTERVAL
    LEAST(${AGAIN.most}, GREATEST(${AGAIN.least}, TIMESTAMPDIFF(SECOND, begun_at, UTC_TIMESTAMP(3)) DIV 10)) SECOND
  WHERE user_id = ?`

const UNFINISHED = `SELECT user_id AS userId FROM erasures WHERE user_id > ? AND (due_at IS NULL OR due_at <= UTC_TIMESTAMP(3))
  ORDER BY user_id LIMIT ?`

/** Whose turn it is: another process that is at it goes on. */
const TAKE = 'SELECT user_id FROM erasures WHERE user_id = ? FOR UPDATE SKIP LOCKED'

/** Of a user of whom something was added after the deletion: it is erased, too. */
export const noteErasure = (tx: Statements, userId: string): Promise<number> => tx.write(BEGIN, [userId])

export type Erasures = ReturnType<typeof createErasures>

export function createErasures(
  { transaction, read }: Pick<DatabaseAccess, 'transaction' | 'read'>,
  eraseSome: EraseSome,
  { steps = STEPS_PER_RUN } = {},
) {
  const stepOf = (userId: string) =>
    transaction(async (tx): Promise<'elsewhere' | 'unfinished' | 'postponed' | 'finished'> => {
      if ((await tx.select(TAKE, [userId])).length === 0) return 'elsewhere'
      const erased = await eraseSome(tx, userId)
      if (erased === false) return 'unfinished'
      await tx.write(erased === 'later' ? POSTPONE : 'DELETE FROM erasures WHERE user_id = ?', [userId])
      return erased === 'later' ? 'postponed' : 'finished'
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
      if ((await eraseSome(tx, userId)) !== true) await noteErasure(tx, userId)
    },

    /** Other steps, of all users. A process can end between two: the next run goes on. Returns how many users are finished. */
    finish: (stopping?: AbortSignal): Promise<number> =>
      forEachUser(unfinished, (userId) => finishOf(userId, stopping), stopping),
  }
}
