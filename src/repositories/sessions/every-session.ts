// Statements that end the sessions of many users.
import { type Statements } from '@postern/service/database/statements'
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { UserVersion } from '../database/user-record.js'

export type EverySessionRepository = ReturnType<typeof createEverySessionRepository>

export function createEverySessionRepository(read: Read) {
  return {
    /** The next users that have a session which has not ended or expired, by their ids. */
    async usersAfter(after: string, limit: number, now: Date): Promise<string[]> {
      const rows = await read<{ id: string }>(
        `SELECT DISTINCT user_id AS id FROM sessions WHERE user_id > ? AND ended_at IS NULL AND expires_at > ?
         ORDER BY user_id LIMIT ?`,
        [after, now, String(limit)],
      )
      return rows.map(({ id }) => id)
    },

    /** Returns the users in their new generations. */
    async raiseGenerations(tx: Statements, ids: readonly string[], by: number, now: Date): Promise<UserVersion[]> {
      const { values, list } = listOf(ids)
      const sql = `UPDATE users SET generation = generation + ?, updated_at = ? WHERE id IN (${list})`
      await tx.write(sql, [by, now, ...values])
      return tx.select<UserVersion>(`SELECT id, generation FROM users WHERE id IN (${list})`, values)
    },

    /** Returns how many it ended. */
    async endAll(tx: Statements, userIds: readonly string[], now: Date): Promise<number> {
      const { values, list } = listOf(userIds)
      const sql = `UPDATE sessions SET ended_at = ? WHERE user_id IN (${list}) AND ended_at IS NULL AND expires_at > ?`
      return tx.write(sql, [now, ...values, now])
    },
  }
}
