// The table of codes: the valid one of each user and purpose.
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import type { EmailForms } from '../database/user-record.js'

/** What a code is for. */
export type Purpose = 'VERIFY_EMAIL' | 'RESET_PASSWORD' | 'CHANGE_EMAIL'

/** Whose code it is: the account's of an address, or a user's. */
export type CodeOwner = { email: EmailForms } | { userId: string }

export interface StoredCode {
  userId: string
  /** Where it was sent to. */
  email: string
  mac: string
}

export type CodeRepository = ReturnType<typeof createCodeRepository>

/**
 * A code of an earlier generation has ended with it, so that a new password ends every code by which another one could get
 * in. To prove an address is harmless at any time.
 */
const USABLE = `u.disabled_at IS NULL AND (c.generation = u.generation OR c.purpose = 'VERIFY_EMAIL')`

export function createCodeRepository(write: Write) {
  return {
    /** Replaces the user's earlier code for this purpose. */
    async put(
      tx: Statements,
      code: { userId: string; purpose: Purpose; email: string; mac: string; expiresAt: Date },
    ): Promise<void> {
      const { userId, purpose, email, mac, expiresAt } = code
      await tx.write(
        `INSERT INTO verification_codes (user_id, purpose, email, code_mac, generation, attempts, expires_at)
         SELECT id, ?, ?, ?, generation, 0, ? FROM users WHERE id = ?
         ON DUPLICATE KEY UPDATE email = VALUES(email), code_mac = VALUES(code_mac), generation = VALUES(generation),
           attempts = 0, expires_at = VALUES(expires_at)`,
        [purpose, email, mac, expiresAt, userId],
      )
    },

    /** Null if there is none that can be used. */
    async find(tx: Statements, purpose: Purpose, owner: CodeOwner): Promise<StoredCode | null> {
      const [condition, ...values] =
        'email' in owner
          ? ['u.email_key IN (?, ?) ORDER BY u.email_key = ? DESC LIMIT 1', ...owner.email, owner.email[0]]
          : ['u.id = ?', owner.userId]
      const [row] = await tx.select<StoredCode>(
        `SELECT c.user_id AS userId, c.email, c.code_mac AS mac
         FROM users u JOIN verification_codes c ON c.user_id = u.id AND c.purpose = ? AND ${USABLE} WHERE ${condition}`,
        [purpose, ...values],
      )
      return row ?? null
    },

    /** Counts a guess, and locks the code. Returns false if it has expired, was replaced, or had `limit` guesses. */
    async countGuess(
      tx: Statements,
      { userId, mac }: Pick<StoredCode, 'userId' | 'mac'>,
      { purpose, limit, now }: { purpose: Purpose; limit: number; now: Date },
    ): Promise<boolean> {
      const count = await tx.write(
        `UPDATE verification_codes SET attempts = attempts + 1
         WHERE user_id = ? AND purpose = ? AND code_mac = ? AND attempts < ? AND expires_at > ?`,
        [userId, purpose, mac, limit, now],
      )
      return count === 1
    },

    /** The guess was right: it does not count. */
    async forgetGuess(tx: Statements, userId: string, purpose: Purpose): Promise<void> {
      const sql = 'UPDATE verification_codes SET attempts = attempts - 1 WHERE user_id = ? AND purpose = ?'
      await tx.write(sql, [userId, purpose])
    },

    /** Uses up a code. Returns false if another request has, or if it has expired or ended since it was found. */
    async use(
      tx: Statements,
      { userId, mac }: Pick<StoredCode, 'userId' | 'mac'>,
      purpose: Purpose,
      now: Date,
    ): Promise<boolean> {
      const count = await tx.write(
        `DELETE c FROM verification_codes c JOIN users u ON u.id = c.user_id AND ${USABLE}
         WHERE c.user_id = ? AND c.purpose = ? AND c.code_mac = ? AND c.expires_at > ?`,
        [userId, purpose, mac, now],
      )
      return count === 1
    },

    /** All codes of a user, for every purpose. */
    async deleteAll(tx: Statements, userId: string): Promise<void> {
      await tx.write('DELETE FROM verification_codes WHERE user_id = ?', [userId])
    },

    /** Deletes up to `limit` codes that have expired. Returns how many. */
    purge: (now: Date, limit: number): Promise<number> =>
      write(`DELETE FROM verification_codes WHERE expires_at <= ? LIMIT ${limit}`, [now]),
  }
}
