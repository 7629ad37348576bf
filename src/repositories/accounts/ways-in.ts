// Everything by which an account can be signed in to.
import type { Statements } from '@postern/service/database/statements'

/**
 * Removes all of it when a person verifies the address of an account for the first time: someone else may have created the account.
 * The transaction has locked the user.
 */
export async function removeWaysIn(tx: Statements, userId: string): Promise<void> {
  for (const table of ['credentials', 'recovery_codes', 'oauth_accounts', 'verification_codes'])
    await tx.write(`DELETE FROM ${table} WHERE user_id = ?`, [userId])
}

/** Whether its user can sign in with two factors: with an authenticator app, or with a passkey, which is both in one. */
export async function hasTwoFactors(tx: Statements, userId: string): Promise<boolean> {
  const sql = "SELECT 1 FROM credentials WHERE user_id = ? AND kind IN ('TOTP', 'PASSKEY') LIMIT 1"
  return (await tx.select(sql, [userId])).length > 0
}
