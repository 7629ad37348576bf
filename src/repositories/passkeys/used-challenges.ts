// The table of challenges that were answered.
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'

export type UsedChallenges = ReturnType<typeof createUsedChallenges>

export function createUsedChallenges(write: Write) {
  return {
    /** Returns false if another response has used it. Of two at once, the second waits for the first. */
    async use(tx: Statements, challenge: string, expiresAt: Date): Promise<boolean> {
      const sql = 'INSERT IGNORE INTO used_challenges (challenge, expires_at) VALUES (?, ?)'
      return (await tx.write(sql, [challenge, expiresAt])) === 1
    },

    /** Deletes up to `limit` that have expired. Returns how many. */
    purge: (now: Date, limit: number): Promise<number> =>
      write(`DELETE FROM used_challenges WHERE expires_at <= ? LIMIT ${limit}`, [now]),
  }
}
