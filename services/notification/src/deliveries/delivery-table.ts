// The table of deliveries, and that of their attempts.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import { insertAll, type Statements, type Values } from '@postern/service/database/statements'
import type { DeliveryChannel } from '../settings/settings.js'
import type { Lane } from './lanes.js'
import type { DeliveryStatus, WaitsFor } from './status.js'

export interface NewDelivery {
  id: string
  notificationId: string | null
  userId: string | null
  channel: DeliveryChannel
  target: string | null
  lane: Lane
  status: DeliveryStatus
  reason: string | null
}

export interface Attempt {
  attemptedAt: Date
  delivered: boolean
  failure: string | null
  providerId: string | null
}

export interface Delivery {
  id: string
  channel: DeliveryChannel
  status: DeliveryStatus
  reason: string | null
  waitsFor: WaitsFor | null
  /** Null unless it is pending or collected. */
  dueAt: Date | null
  attempts: Attempt[]
}

const COLUMNS = [
  ...['id', 'notification_id', 'user_id', 'channel', 'target', 'lane', 'status', 'reason'],
  ...['due_at', 'created_at', 'settled_at'],
]

/** Longer than it takes until a delivery that is due has been decided about. */
const SOON_SECONDS = 60

export type DeliveryTable = ReturnType<typeof createDeliveryTable>

export const createDeliveryTable = (read: Read) => {
  const attemptsOf = createAttemptReader(read)
  return {
    insert: (tx: Statements, deliveries: readonly NewDelivery[], now: Date): Promise<void> => {
      const rows = deliveries.map((one): Values => {
        const isOpen = one.status === 'PENDING'
        return [
          ...[one.id, one.notificationId, one.userId, one.channel, one.target ?? '', one.lane, one.status, one.reason],
          ...[isOpen ? now : null, now, isOpen ? null : now],
        ]
      })
      return insertAll(tx, 'deliveries', COLUMNS, rows)
    },

    /** Those of a notification, each with its attempts, the oldest first. */
    async listOf(notificationId: string): Promise<Delivery[]> {
      const rows = await read<Omit<Delivery, 'attempts'> & { digestId: string | null }>(
        `SELECT id, channel, status, reason, waits_for AS waitsFor, due_at AS dueAt, digest_id AS digestId FROM deliveries WHERE notification_id = ?
       ORDER BY id`,
        [notificationId],
      )
      // What is in a digest was tried with it.
      const ids = rows.flatMap(({ id, digestId }) => (digestId === null ? [id] : [id, digestId]))
      const byDelivery = await attemptsOf(ids)
      return rows.map(({ digestId, ...delivery }) => ({
        ...delivery,
        attempts: [delivery.id, digestId ?? ''].flatMap((id) => byDelivery.get(id) ?? []),
      }))
    },

    /**
     * Decides anew about what waits for the end of quiet hours, or for a digest. What is due in a moment stays in its digest: decided after
     * that moment, it would wait for the next one, which can be a week later.
     */
    reconsider: (tx: Statements, userId: string): Promise<number> =>
      tx.write(
        `UPDATE deliveries SET status = 'PENDING', waits_for = NULL, due_at = UTC_TIMESTAMP(3) WHERE user_id = ?
       AND ((status = 'COLLECTED' AND digest_id IS NULL AND due_at > UTC_TIMESTAMP(3) + INTERVAL ${SOON_SECONDS} SECOND)
         OR (status = 'PENDING' AND waits_for = 'QUIET_HOURS'))`,
        [userId],
      ),
  }
}

/** The attempts of many deliveries, by delivery. */
export const createAttemptReader =
  (read: Read) =>
  async (ids: readonly string[]): Promise<ReadonlyMap<string, Attempt[]>> => {
    if (ids.length === 0) return new Map()
    const { list, values } = listOf(ids)
    const rows = await read<Omit<Attempt, 'delivered'> & { deliveryId: string; delivered: number }>(
      `SELECT delivery_id AS deliveryId, attempted_at AS attemptedAt, delivered, failure, provider_id AS providerId
       FROM delivery_attempts WHERE delivery_id IN (${list}) ORDER BY delivery_id, number`,
      values,
    )
    const attempts = rows.map(({ deliveryId, delivered, ...rest }) => ({
      deliveryId,
      attempt: { ...rest, delivered: delivered === 1 },
    }))
    const grouped = Map.groupBy(attempts, ({ deliveryId }) => deliveryId)
    return new Map([...grouped].map(([id, found]) => [id, found.map(({ attempt }) => attempt)]))
  }
