// What queues still have of a user whose account is erased: the data of events, and the bodies of webhook deliveries.
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'

/** Events without personal data stay as they are. */
const EMPTY = '{}'

export type Remains = ReturnType<typeof createRemains>

export function createRemains(read: Read, write: Write) {
  return {
    /** Erases what has been processed. What waits to be processed, or is a dead letter, stays. */
    async erase(userId: string): Promise<void> {
      await write(
        `UPDATE outbox SET data = '${EMPTY}' WHERE user_id = ? AND data <> '${EMPTY}' AND published_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.event_id = outbox.id)`,
        [userId],
      )
      // Receivers that have missed it must learn that the account is deleted.
      await write(
        "DELETE FROM webhook_deliveries WHERE user_id = ? AND status <> 'PENDING' AND type <> 'user.deleted'",
        [userId],
      )
    },

    /** Whether anything is left that must be erased later. */
    async exist(userId: string): Promise<boolean> {
      const rows = await read(
        `SELECT 1 FROM outbox WHERE user_id = ? AND data <> '${EMPTY}'
         UNION ALL SELECT 1 FROM webhook_deliveries WHERE user_id = ? AND type <> 'user.deleted' LIMIT 1`,
        [userId, userId],
      )
      return rows.length > 0
    },
  }
}
