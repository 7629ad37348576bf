// The columns of a user that codes by mail read and change.
import { isUniqueViolation } from '../database/failures.js'
import type { Statements } from '../database/statements.js'
import type { EmailForms } from '../database/user-record.js'
import { AuthError } from '../../platform/errors.js'

/** A user's row, locked by the transaction. */
export interface LockedAccount {
  id: string
  email: string
  generation: number
  disabledAt: Date | null
  emailVerifiedAt: Date | null
}

export interface StoredEmail {
  email: string
  foldedEmail: string
  internationalEmail: string | null
}

export type VerifiedAccounts = ReturnType<typeof createVerifiedAccounts>

export function createVerifiedAccounts() {
  return {
    /** Reads a user's row and locks it for the rest of the transaction. */
    async lock(tx: Statements, by: { id: string } | { email: EmailForms }): Promise<LockedAccount | null> {
      const [condition, ...values] =
        'id' in by
          ? ['id = ?', by.id]
          : ['email_key IN (?, ?) ORDER BY email_key = ? DESC LIMIT 1', ...by.email, by.email[0]]
      const [row] = await tx.select<LockedAccount>(
        `SELECT id, email, generation, disabled_at AS disabledAt, email_verified_at AS emailVerifiedAt FROM users
         WHERE ${condition} FOR UPDATE`,
        values,
      )
      return row ? { ...row, generation: Number(row.generation) } : null
    },

    /** Returns false if it was verified before. */
    async markVerified(tx: Statements, id: string, now: Date): Promise<boolean> {
      const sql = 'UPDATE users SET email_verified_at = ?, updated_at = ? WHERE id = ? AND email_verified_at IS NULL'
      return (await tx.write(sql, [now, now, id])) === 1
    },

    /** A verified address replaces the one before. Throws EMAIL_EXISTS. */
    async replaceEmail(tx: Statements, id: string, stored: StoredEmail, now: Date): Promise<void> {
      const { email, foldedEmail, internationalEmail } = stored
      try {
        await tx.write(
          `UPDATE users SET email = ?, email_key = ?, email_ascii = ?, email_verified_at = ?, updated_at = ? WHERE id = ?`,
          [email, foldedEmail, internationalEmail, now, now, id],
        )
      } catch (error) {
        throw isUniqueViolation(error) ? new AuthError('EMAIL_EXISTS', { cause: error }) : error
      }
    },
  }
}
