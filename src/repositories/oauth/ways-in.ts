// Everything by which an account can be signed in to.
import type { Statements } from '../database/statements.js'

/** Removes all ways in of an account that its owner did not make. The transaction has locked the user. */
export async function removeWaysIn(tx: Statements, userId: string): Promise<void> {
  await tx.write('DELETE FROM credentials WHERE user_id = ?', [userId])
  await tx.write('DELETE FROM recovery_codes WHERE user_id = ?', [userId])
  await tx.write('DELETE FROM oauth_accounts WHERE user_id = ?', [userId])
  await tx.write('DELETE FROM verification_codes WHERE user_id = ?', [userId])
}

/** Whether signing in takes more than one factor. */
export async function hasSecondFactor(tx: Statements, userId: string): Promise<boolean> {
  const sql = "SELECT 1 FROM credentials WHERE kind = 'TOTP' AND identifier = ?"
  return (await tx.select(sql, [userId])).length > 0
}
