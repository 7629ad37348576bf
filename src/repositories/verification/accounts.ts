// The columns of a user that codes by mail change.
import { ServiceError } from '@postern/service/errors'
import { isUniqueViolation } from '@postern/service/database/failures'
import type { Statements } from '@postern/service/database/statements'
import { lockUser } from '../database/locked-user.js'

export interface StoredEmail {
  email: string
  foldedEmail: string
  internationalEmail: string | null
}

export type VerifiedAccounts = ReturnType<typeof createVerifiedAccounts>

export function createVerifiedAccounts() {
  return {
    lock: lockUser,

    /** Returns false if it was verified before. */
    async markVerified(tx: Statements, id: string, now: Date): Promise<boolean> {
      const sql = 'UPDATE users SET email_verified_at = ?, updated_at = ? WHERE id = ? AND email_verified_at IS NULL'
      return (await tx.write(sql, [now, now, id])) === 1
    },

    /**
     * A verified address replaces the one before. `email_verified_at` says when the first one was: what was added since
     * belongs to the owner. Throws EMAIL_EXISTS.
     */
    async replaceEmail(tx: Statements, id: string, stored: StoredEmail, now: Date): Promise<void> {
      const { email, foldedEmail, internationalEmail } = stored
      try {
        await tx.write(
          `UPDATE users SET email = ?, email_key = ?, email_ascii = ?, email_verified_at = COALESCE(email_verified_at, ?),
             updated_at = ? WHERE id = ?`,
          [email, foldedEmail, internationalEmail, now, now, id],
        )
      } catch (error) {
        throw isUniqueViolation(error) ? new ServiceError('EMAIL_EXISTS', { cause: error }) : error
      }
    },
  }
}
