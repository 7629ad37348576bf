// The rows of webhooks that change their host: reading and forgetting them here, and writing them there.
import type { Read } from '@postern/service/database/reads'
import { listOf } from '@postern/service/database/placeholders'
import type { Statements } from '@postern/service/database/statements'
import type { SealedSecret, WebhookEndpoint } from './endpoints.js'

/** A delivery that is not sent yet. */
export interface WaitingDelivery {
  id: string
  eventId: string
  type: string
  body: string
  userId: string | null
  attempts: number
  dueAt: Date
  createdAt: Date
}

export interface StoredWebhook {
  webhook: WebhookEndpoint
  secret: SealedSecret
  /** Null if it signs no more. */
  previous: SealedSecret | null
}

type Row = Omit<WebhookEndpoint, 'eventTypes' | 'enabled'> & {
  eventTypes: string | null
  enabled: number
  secret: Uint8Array
  keyId: string
  previousSecret: Uint8Array | null
  previousKeyId: string | null
}

const FIRST = `SELECT id, url, description, event_types AS eventTypes, enabled, disabled_reason AS disabledReason,
    failing_since AS failingSince, previous_until AS previousUntil, created_at AS createdAt, updated_at AS updatedAt,
    secret, key_id AS keyId, IF(previous_until > UTC_TIMESTAMP(3), previous_secret, NULL) AS previousSecret,
    previous_key_id AS previousKeyId
  FROM webhook_endpoints ORDER BY id LIMIT 1`

const WAITING = `SELECT id, event_id AS eventId, type, body, user_id AS userId, attempts, due_at AS dueAt, created_at AS createdAt
  FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'PENDING' ORDER BY due_at LIMIT ?`

export type HandOverTable = ReturnType<typeof createHandOverTable>

export function createHandOverTable(read: Read) {
  return {
    /** Null if there is none. */
    async first(): Promise<StoredWebhook | null> {
      const [row] = await read<Row>(FIRST, [])
      if (!row) return null
      const { secret, keyId, previousSecret, previousKeyId, eventTypes, enabled, ...webhook } = row
      return {
        webhook: { ...webhook, eventTypes: eventTypes?.split(',') ?? null, enabled: Boolean(enabled) },
        secret: { keyId, sealed: secret },
        previous: previousSecret && previousKeyId ? { keyId: previousKeyId, sealed: previousSecret } : null,
      }
    },

    /** Those that are due first. */
    waiting: (endpointId: string, limit: number): Promise<WaitingDelivery[]> =>
      read<WaitingDelivery>(WAITING, [endpointId, String(limit)]),

    /** Deletes deliveries, and the webhook once it has none that wait. */
    async forget(tx: Statements, endpointId: string, deliveries: readonly { id: string }[]): Promise<void> {
      await tx.select('SELECT id FROM webhook_endpoints WHERE id = ? FOR UPDATE', [endpointId])
      if (deliveries.length > 0) {
        const { list, values } = listOf(deliveries.map(({ id }) => id))
        await tx.write(`DELETE FROM webhook_deliveries WHERE id IN (${list})`, values)
      }
      await tx.write(
        `DELETE FROM webhook_endpoints WHERE id = ? AND NOT EXISTS
           (SELECT 1 FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'PENDING')`,
        [endpointId, endpointId],
      )
    },
  }
}

/**
 * Into tables with owners, as webhooks of the deployment. Rows that are there already stay as they are. A webhook that was deleted after
 * it had been taken over stays deleted: several processes hand over at once, and one of them can be late.
 */
export async function insertTaken(
  tx: Statements,
  { webhook, secret, previous, deliveries }: StoredWebhook & { deliveries: readonly WaitingDelivery[] },
): Promise<void> {
  // Another transaction with the same webhook waits here until this one ends.
  const isFirst =
    (await tx.write('INSERT IGNORE INTO taken_webhooks (id, taken_at) VALUES (?, UTC_TIMESTAMP(3))', [webhook.id])) ===
    1
  if (isFirst) await insertWebhook(tx, { webhook, secret, previous })
  const exists = await tx.select('SELECT id FROM webhook_endpoints WHERE id = ? FOR UPDATE', [webhook.id])
  if (exists.length === 0) return
  for (const delivery of deliveries)
    await tx.write(
      `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, body, user_id, status, attempts, due_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?, 'PENDING', ?, ?, ?) ON DUPLICATE KEY UPDATE id = webhook_deliveries.id`,
      [
        ...[delivery.id, webhook.id, delivery.eventId, delivery.type, delivery.body, delivery.userId],
        ...[delivery.attempts, delivery.dueAt, delivery.createdAt],
      ],
    )
}

const insertWebhook = (tx: Statements, { webhook, secret, previous }: StoredWebhook): Promise<number> =>
  tx.write(
    `INSERT INTO webhook_endpoints (id, url, description, event_types, enabled, disabled_reason, failing_since, paced_at,
       secret, key_id, previous_secret, previous_key_id, previous_until, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = id`,
    [
      ...[webhook.id, webhook.url, webhook.description, webhook.eventTypes?.join(',') ?? null, Number(webhook.enabled)],
      ...[webhook.disabledReason, webhook.failingSince, new Date(0), secret.sealed, secret.keyId],
      ...[previous?.sealed ?? null, previous?.keyId ?? null, webhook.previousUntil],
      ...[webhook.createdAt, webhook.updatedAt],
    ],
  )
