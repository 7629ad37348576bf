// Erases what webhooks have of a user whose account was deleted.
import { listOf } from '@postern/service/database/placeholders'
import type { Statements } from '@postern/service/database/statements'
import { type EraseSome, noteErasure } from '@postern/service/erasures'
import type { PeopleTable } from '../people/people-table.js'

/** Rows of a statement. */
const STEP = 500

/**
 * Webhooks of their own. They get nothing more, also while something of them is left: what adds deliveries to a webhook locks it, and
 * does not find it any more, or finds it turned off.
 */
async function eraseOwn(tx: Statements, userId: string): Promise<boolean> {
  const owned = await tx.select<{ id: string }>('SELECT id FROM webhook_endpoints WHERE owner_id = ? FOR UPDATE', [
    userId,
  ])
  if (owned.length === 0) return true
  const { list, values } = listOf(owned.map(({ id }) => id))
  const deleted = await tx.write(`DELETE FROM webhook_deliveries WHERE endpoint_id IN (${list}) LIMIT ${STEP}`, values)
  if (deleted === STEP) {
    await tx.write(`UPDATE webhook_endpoints SET enabled = FALSE WHERE id IN (${list})`, values)
    return false
  }
  await tx.write(`DELETE FROM webhook_endpoints WHERE id IN (${list})`, values)
  return true
}

/** What still has to be sent to others is sent, and erased after that. The event of the deletion has only the id: it stays. */
export const eraseWebhooks: EraseSome = async (tx, userId) => {
  const isOwnDone = await eraseOwn(tx, userId)
  const sent = await tx.write(
    `DELETE FROM webhook_deliveries WHERE user_id = ? AND status <> 'PENDING' AND type <> 'user.deleted' LIMIT ${STEP}`,
    [userId],
  )
  if (!isOwnDone || sent === STEP) return false
  // Of another transaction that adds a delivery right now, this waits for the commit.
  const waiting = await tx.select(
    "SELECT 1 FROM webhook_deliveries WHERE user_id = ? AND type <> 'user.deleted' LIMIT 1 LOCK IN SHARE MODE",
    [userId],
  )
  return waiting.length > 0 ? 'later' : true
}

/** For what is added of someone after the deletion, such as an event that had to wait: in the same transaction, after the rows. */
export const createEraseLate =
  (people: Pick<PeopleTable, 'isErased'>) =>
  async (tx: Statements, userId: string): Promise<void> => {
    if (await people.isErased(tx, userId)) await noteErasure(tx, userId)
  }
