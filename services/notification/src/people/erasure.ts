// Erases what is known about a user whose account was deleted. What stays says only that nothing may be sent to them.
import type { Statements } from '@postern/service/database/statements'
import type { PeopleTable } from './people-table.js'

/** Erases what a part of the service has of a user, in the transaction. Twice is harmless. */
export type Erase = (tx: Statements, userId: string) => Promise<unknown>

/** `others`: of channels, which keep devices and numbers. A delivery that is being sent right now finds nothing to settle. */
export const createErasure =
  (people: PeopleTable, others: readonly Erase[]): Erase =>
  async (tx, userId) => {
    await people.lock(tx, userId)
    await people.erase(tx, userId)
    await tx.write('DELETE a FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.user_id = ?', [
      userId,
    ])
    await tx.write('DELETE FROM notifications WHERE user_id = ?', [userId])
    await tx.write('DELETE FROM deliveries WHERE user_id = ?', [userId])
    for (const erase of others) await erase(tx, userId)
  }
