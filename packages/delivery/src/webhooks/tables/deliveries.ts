// The table of deliveries: creating, listing, replaying and purging them.
import { listOf } from '@postern/service/database/placeholders'
import { insertAll, type Statements } from '@postern/service/database/statements'
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'FAILED'

/** A delivery as administrators see it. */
export interface WebhookDelivery {
  id: string
  webhookId: string
  eventId: string
  eventType: string
  status: DeliveryStatus
  attempts: number
  lastAttemptAt: Date | null
  lastResponseStatus: number | null
  lastFailure: string | null
  nextAttemptAt: Date | null
  createdAt: Date
}

export interface NewDelivery {
  id: string
  endpointId: string
  eventId: string
  type: string
  body: string
  /** Whose event it is. Null for a test. */
  userId: string | null
}

const COLUMNS = `id, endpoint_id AS webhookId, event_id AS eventId, type AS eventType, status, attempts,
  last_attempt_at AS lastAttemptAt, last_response_status AS lastResponseStatus, last_failure AS lastFailure,
  due_at AS nextAttemptAt, created_at AS createdAt`

const AGAIN = "status = 'PENDING', attempts = 0, due_at = UTC_TIMESTAMP(3)"

interface Filter {
  webhookId: string
  status: DeliveryStatus | null
}

/** What is not pending has no `due_at`. With that condition, the index of what is due has it in the order of the ids. */
const conditionsOf = ({ webhookId, status }: Filter): [string, string][] => [
  ['endpoint_id = ?', webhookId],
  ...(status ? [[`status = ?${status === 'PENDING' ? '' : ' AND due_at IS NULL'}`, status] as [string, string]] : []),
]

const where = (conditions: readonly [string, string][]) =>
  `WHERE ${conditions.map(([condition]) => condition).join(' AND ')}`

export type DeliveryRepository = ReturnType<typeof createDeliveryRepository>

export function createDeliveryRepository(read: Read, write: Write) {
  return {
    async insert(tx: Statements, deliveries: readonly NewDelivery[], now: Date): Promise<void> {
      const columns = ['id', 'endpoint_id', 'event_id', 'type', 'body', 'user_id', 'status', 'due_at', 'created_at']
      const rows = deliveries.map(({ id, endpointId, eventId, type, body, userId }) => [
        ...[id, endpointId, eventId, type, body, userId, 'PENDING', now, now],
      ])
      await insertAll(tx, 'webhook_deliveries', columns, rows)
    },

    /** The id of the delivery of an event to a webhook. Null if there is none. */
    async idOf(tx: Statements, endpointId: string, eventId: string): Promise<string | null> {
      const sql = 'SELECT id FROM webhook_deliveries WHERE endpoint_id = ? AND event_id = ?'
      const [row] = await tx.select<{ id: string }>(sql, [endpointId, eventId])
      return row?.id ?? null
    },

    /** Whether an event of this type still has to be sent to a webhook. */
    async hasWaiting(tx: Statements, endpointId: string, type: string): Promise<boolean> {
      const sql = "SELECT 1 FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'PENDING' AND type = ? LIMIT 1"
      return (await tx.select(sql, [endpointId, type])).length > 0
    },

    async find(id: string): Promise<WebhookDelivery | null> {
      const [row] = await read<WebhookDelivery>(`SELECT ${COLUMNS} FROM webhook_deliveries WHERE id = ?`, [id])
      return row ?? null
    },

    /** In no particular order. Unknown ids are left out. */
    async findByIds(ids: readonly string[]): Promise<WebhookDelivery[]> {
      if (ids.length === 0) return []
      const { list, values } = listOf(ids)
      return read<WebhookDelivery>(`SELECT ${COLUMNS} FROM webhook_deliveries WHERE id IN (${list})`, values)
    },

    /** The newest first, or `backward` the oldest first, between two ids. */
    async list(
      filter: Filter,
      page: { after: string | null; before: string | null; limit: number; backward: boolean },
    ): Promise<WebhookDelivery[]> {
      const conditions = conditionsOf(filter)
      if (page.after !== null) conditions.push(['id < ?', page.after])
      if (page.before !== null) conditions.push(['id > ?', page.before])
      return read<WebhookDelivery>(
        `SELECT ${COLUMNS} FROM webhook_deliveries ${where(conditions)}
         ORDER BY id ${page.backward ? 'ASC' : 'DESC'} LIMIT ?`,
        [...conditions.map(([, value]) => value), String(page.limit)],
      )
    },

    /** True if a delivery of the filter has this id, or is newer (`downTo`) or older (`upTo`). */
    async exists(filter: Filter, range: { downTo: string } | { upTo: string }): Promise<boolean> {
      const conditions = conditionsOf(filter)
      conditions.push('upTo' in range ? ['id <= ?', range.upTo] : ['id >= ?', range.downTo])
      const sql = `SELECT 1 FROM webhook_deliveries ${where(conditions)} LIMIT 1`
      const values = conditions.map(([, value]) => value)
      return (await read(sql, values)).length > 0
    },

    /** Makes it due, with all its attempts. Returns false if there is none. */
    replay: async (tx: Statements, id: string): Promise<boolean> =>
      (await tx.write(`UPDATE webhook_deliveries SET ${AGAIN} WHERE id = ?`, [id])) === 1,

    /** The same for up to `limit` that have failed, the oldest ones. Returns how many. */
    replayFailed: (tx: Statements, endpointId: string, since: Date, limit: number): Promise<number> =>
      tx.write(
        `UPDATE webhook_deliveries SET ${AGAIN}
         WHERE endpoint_id = ? AND status = 'FAILED' AND due_at IS NULL AND created_at >= ? ORDER BY id LIMIT ?`,
        [endpointId, since, String(limit)],
      ),

    /** Up to `limit` of one webhook. Returns how many. */
    deleteOf: (endpointId: string, limit: number): Promise<number> =>
      write('DELETE FROM webhook_deliveries WHERE endpoint_id = ? LIMIT ?', [endpointId, String(limit)]),

    /** The webhooks that have deliveries, but were deleted. */
    async deletedEndpoints(): Promise<string[]> {
      const rows = await read<{ id: string }>(
        `SELECT d.id FROM (SELECT DISTINCT endpoint_id AS id FROM webhook_deliveries) d
         LEFT JOIN webhook_endpoints e ON e.id = d.id WHERE e.id IS NULL`,
        [],
      )
      return rows.map(({ id }) => id)
    },

    /** Those that were created before `before`, except what still has to be sent. Returns how many. */
    purge: (before: Date, limit: number): Promise<number> =>
      write(
        `DELETE FROM webhook_deliveries WHERE created_at < ? AND (status <> 'PENDING' OR NOT EXISTS
           (SELECT 1 FROM webhook_endpoints e WHERE e.id = webhook_deliveries.endpoint_id AND e.enabled)) LIMIT ?`,
        [before, String(limit)],
      ),
  }
}
