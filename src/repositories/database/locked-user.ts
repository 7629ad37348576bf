// Reads a user's row and locks it.
import type { Statements } from '@postern/service/database/statements'
import type { EmailForms, UserRole, UserVersion } from './user-record.js'

/** A user's row, locked by a transaction. */
export interface LockedUser extends UserVersion {
  email: string
  role: UserRole
  disabledAt: Date | null
  emailVerifiedAt: Date | null
}

/** The lock lasts for the rest of the transaction. Returns null if there is no such user. */
export async function lockUser(tx: Statements, by: { id: string } | { email: EmailForms }): Promise<LockedUser | null> {
  const [condition, ...values] =
    'id' in by
      ? ['id = ?', by.id]
      : ['email_key IN (?, ?) ORDER BY email_key = ? DESC LIMIT 1', ...by.email, by.email[0]]
  const [row] = await tx.select<LockedUser>(
    `SELECT id, email, generation, role, disabled_at AS disabledAt, email_verified_at AS emailVerifiedAt FROM users
     WHERE ${condition} FOR UPDATE`,
    values,
  )
  return row ? { ...row, generation: Number(row.generation) } : null
}
