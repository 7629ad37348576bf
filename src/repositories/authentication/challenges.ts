// The table of challenges: sign-ins that wait for the second factor.
import type { Amr } from '@postern/contract/claims'
import type { Read } from '../database/reads.js'
import type { Statements } from '../database/statements.js'
import type { Write } from '../database/writes.js'

/** A sign-in whose first factor was proved. */
export interface Challenge {
  /** The SHA-256 of the client's token, in hexadecimal digits. */
  tokenHash: string
  userId: string
  generation: number
  /** What was proved. */
  amr: readonly Amr[]
  /** Of the client that has proved it. */
  userAgent: string | null
}

export type ChallengeRepository = ReturnType<typeof createChallengeRepository>

export function createChallengeRepository(read: Read, write: Write) {
  return {
    async insert({ tokenHash, userId, generation, amr, userAgent }: Challenge, expiresAt: Date): Promise<void> {
      await write(
        `INSERT INTO sign_in_challenges (token_hash, user_id, generation, amr, user_agent, expires_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        [tokenHash, userId, generation, amr.join(','), userAgent, expiresAt],
      )
    },

    /**
     * Counts a guess, which is committed when this resolves. Null if it has expired, was used, had `limit` guesses, or is of an earlier
     * generation: then its first factor may not be the user's anymore.
     */
    async guess(tokenHash: string, { limit, now }: { limit: number; now: Date }): Promise<Challenge | null> {
      const count = await write(
        `UPDATE sign_in_challenges c JOIN users u ON u.id = c.user_id AND u.generation = c.generation
         SET c.attempts = c.attempts + 1 WHERE c.token_hash = ? AND c.attempts < ? AND c.expires_at > ?`,
        [tokenHash, limit, now],
      )
      if (count === 0) return null
      const [row] = await read<Omit<Challenge, 'amr'> & { amr: string }>(
        `SELECT token_hash AS tokenHash, user_id AS userId, generation, amr, user_agent AS userAgent
         FROM sign_in_challenges WHERE token_hash = ?`,
        [tokenHash],
      )
      return row ? { ...row, amr: row.amr.split(',') as Amr[] } : null
    },

    /** Uses it up. Returns false if another request has. */
    async use(tx: Statements, tokenHash: string): Promise<boolean> {
      return (await tx.write('DELETE FROM sign_in_challenges WHERE token_hash = ?', [tokenHash])) === 1
    },

    /** Deletes up to `limit` challenges that have expired. Returns how many. */
    purge: (now: Date, limit: number): Promise<number> =>
      write(`DELETE FROM sign_in_challenges WHERE expires_at <= ? LIMIT ${limit}`, [now]),
  }
}
