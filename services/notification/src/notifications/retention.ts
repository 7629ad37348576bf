// Deletes what is older than the deployment wants to keep.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import { listOf } from '@postern/service/database/placeholders'

/** How many notifications a step deletes. */
const BATCH = 256

/** Returns how many were deleted: call it again if it is not 0. Idempotency keys are deleted with them. */
export const createRetention = (database: DatabaseAccess, retentionSeconds: number) => async (): Promise<number> => {
  const { read, transaction } = database
  const rows = await read<{ id: string }>(
    `SELECT id FROM notifications WHERE created_at < UTC_TIMESTAMP(3) - INTERVAL ? SECOND ORDER BY created_at LIMIT ${BATCH}`,
    [retentionSeconds],
  )
  if (rows.length > 0) {
    const { list, values } = listOf(rows.map(({ id }) => id))
    await transaction(async (tx) => {
      await tx.write(`DELETE FROM notifications WHERE id IN (${list})`, values)
      await tx.write(
        `DELETE a FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.notification_id IN (${list})`,
        values,
      )
      await tx.write(`DELETE FROM deliveries WHERE notification_id IN (${list})`, values)
    })
  }
  return rows.length + (await purgeDigests(database, retentionSeconds))
}

/** They have no notification of their own. */
async function purgeDigests({ read, transaction }: DatabaseAccess, retentionSeconds: number): Promise<number> {
  const rows = await read<{ id: string }>(
    `SELECT id FROM deliveries WHERE status IN ('DELIVERED', 'FAILED', 'SUPPRESSED', 'EXPIRED') AND notification_id IS NULL
     AND settled_at < UTC_TIMESTAMP(3) - INTERVAL ? SECOND LIMIT ${BATCH}`,
    [retentionSeconds],
  )
  if (rows.length === 0) return 0
  const { list, values } = listOf(rows.map(({ id }) => id))
  await transaction(async (tx) => {
    await tx.write(`DELETE FROM delivery_attempts WHERE delivery_id IN (${list})`, values)
    await tx.write(`DELETE FROM deliveries WHERE id IN (${list})`, values)
  })
  return rows.length
}
