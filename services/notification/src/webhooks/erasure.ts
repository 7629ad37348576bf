// Erases what webhooks have of a user whose account was deleted.
import type { Statements } from '@postern/service/database/statements'

/** What still has to be sent is sent, such as the event of the deletion: receivers must learn of it. */
export async function eraseWebhooks(tx: Statements, userId: string): Promise<void> {
  await tx.write(
    'DELETE d FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE e.owner_id = ?',
    [userId],
  )
  await tx.write('DELETE FROM webhook_endpoints WHERE owner_id = ?', [userId])
  await tx.write(
    "DELETE FROM webhook_deliveries WHERE user_id = ? AND status <> 'PENDING' AND type <> 'user.deleted'",
    [userId],
  )
}
