// Erases what is known about a user whose account was deleted. What stays says only that nothing may be sent to them.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import { listOf } from '@postern/service/database/placeholders'
import type { Statements } from '@postern/service/database/statements'
import { createErasures, type Erased, type EraseSome } from '@postern/service/erasures'
import type { NotificationTable } from '../notifications/notification-table.js'
import type { PeopleTable } from './people-table.js'

/** Erases what a part of the service has of a user, in the transaction: few rows. Twice is harmless. */
export type Erase = (tx: Statements, userId: string) => Promise<unknown>

/** Rows of a statement. A delivery can have many attempts. */
const DELIVERIES = 100
const ATTEMPTS = 1000
const NOTIFICATIONS = 250

/** Locks in the order of what settles a delivery: whoever does so has stored its attempt, or finds nothing to settle. */
async function eraseDeliveries(tx: Statements, notifications: NotificationTable, userId: string): Promise<boolean> {
  const rows = await tx.select<{ id: string; notificationId: string | null }>(
    `SELECT id, notification_id AS notificationId FROM deliveries WHERE user_id = ? LIMIT ${DELIVERIES}`,
    [userId],
  )
  if (rows.length === 0) return true
  const { list, values } = listOf(rows.map(({ id }) => id))
  const notificationIds = new Set(rows.flatMap(({ notificationId }) => notificationId ?? []))
  if (notificationIds.size > 0) await notifications.lock(tx, [...notificationIds])
  await tx.select(`SELECT id FROM deliveries WHERE id IN (${list}) ORDER BY id FOR UPDATE`, values)
  const attempts = await tx.write(
    `DELETE FROM delivery_attempts WHERE delivery_id IN (${list}) LIMIT ${ATTEMPTS}`,
    values,
  )
  if (attempts === ATTEMPTS) return false
  await tx.write(`DELETE FROM deliveries WHERE id IN (${list})`, values)
  return rows.length < DELIVERIES
}

const eraseNotifications: EraseSome = async (tx, userId) =>
  (await tx.write(`DELETE FROM notifications WHERE user_id = ? LIMIT ${NOTIFICATIONS}`, [userId])) < NOTIFICATIONS

interface Parts {
  people: PeopleTable
  notifications: NotificationTable
  database: DatabaseAccess
  /** Of channels, which keep devices and numbers. */
  few: readonly Erase[]
  /** What can be much. */
  many: readonly EraseSome[]
}

/** A delivery that is being sent right now finds nothing to settle. One that is left for a later step is not sent: the person is erased. */
export function createErasure({ people, notifications, database, few, many }: Parts) {
  const ofDeliveries: EraseSome = (tx, userId) => eraseDeliveries(tx, notifications, userId)

  const { begin, finish } = createErasures(database, async (tx, userId) => {
    // Whoever adds something to the person locks them too: a later step sees it.
    await people.lock(tx, userId)
    const erased: Erased[] = []
    for (const erase of [ofDeliveries, eraseNotifications, ...many]) erased.push(await erase(tx, userId))
    if (erased.includes(false)) return false
    return erased.includes('later') ? 'later' : true
  })

  return {
    /** In the transaction of the event. */
    erase: async (tx: Statements, userId: string): Promise<void> => {
      await people.lock(tx, userId)
      await people.erase(tx, userId)
      for (const erase of few) await erase(tx, userId)
      await begin(tx, userId)
    },

    /** Erases what that transaction could not. */
    finish,
  }
}
