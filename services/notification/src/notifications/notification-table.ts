// The table of notifications.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Category } from '../channels/channel.js'

export interface Notification {
  id: string
  userId: string | null
  category: Category
  template: string | null
  templateVersion: string | null
  locale: string
  title: string
  body: string
  link: string | null
  readAt: Date | null
  expiresAt: Date | null
  createdAt: Date
}

export interface NewNotification extends Omit<Notification, 'readAt'> {
  sender: string
  idempotencyKey: string
  fingerprint: Uint8Array
  /** Sealed. Null: nothing is left to send. */
  message: string | null
  isSecret: boolean
  /** The limits of the person have suppressed it. */
  isLimited: boolean
  /** Null: it is not in the app, or not yet. */
  inboxSeq: number | null
}

export const NOTIFICATION_COLUMNS = `n.id, n.user_id AS userId, n.category, n.template, n.template_version AS templateVersion,
  n.locale, n.title, n.body, n.link, n.read_at AS readAt, n.expires_at AS expiresAt, n.created_at AS createdAt`

export type NotificationTable = ReturnType<typeof createNotificationTable>

export const createNotificationTable = (read: Read) => ({
  async find(id: string): Promise<Notification | null> {
    const [row] = await read<Notification>(`SELECT ${NOTIFICATION_COLUMNS} FROM notifications n WHERE n.id = ?`, [id])
    return row ?? null
  },

  /** That of an earlier call. */
  async findByKey(
    sender: string,
    key: string,
  ): Promise<{ notification: Notification; fingerprint: Uint8Array } | null> {
    const [row] = await read<Notification & { fingerprint: Uint8Array }>(
      `SELECT ${NOTIFICATION_COLUMNS}, n.fingerprint FROM notifications n WHERE n.sender = ? AND n.idempotency_key = ?`,
      [sender, key],
    )
    if (!row) return null
    const { fingerprint, ...notification } = row
    return { notification, fingerprint }
  },

  /** Fails if the sender has used the key. */
  insert: (tx: Statements, one: NewNotification): Promise<number> =>
    tx.write(
      `INSERT INTO notifications (id, sender, idempotency_key, fingerprint, user_id, category, template, template_version, locale,
         title, body, link, message, is_secret, is_limited, inbox_seq, expires_at, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        ...[one.id, one.sender, one.idempotencyKey, one.fingerprint, one.userId, one.category, one.template],
        ...[one.templateVersion, one.locale, one.title, one.body, one.link, one.message, one.isSecret ? 1 : 0],
        ...[one.isLimited ? 1 : 0, one.inboxSeq, one.expiresAt, one.createdAt],
      ],
    ),

  /**
   * How many notifications of a category the person got in the last seconds: at most `limit`, which is where counting ends. Those that the
   * limits have suppressed do not count: otherwise a sender who goes on would suppress all that follow.
   */
  async countRecent(
    tx: Statements,
    userId: string,
    category: Category,
    seconds: number,
    limit: number,
  ): Promise<number> {
    const [row] = await tx.select<{ count: string | number }>(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM notifications WHERE user_id = ? AND category = ? AND is_limited = FALSE
         AND created_at > UTC_TIMESTAMP(3) - INTERVAL ? SECOND LIMIT ${limit}) recent`,
      [userId, category, seconds],
    )
    return Number(row?.count)
  },

  /** Until the commit, no delivery of them is settled. */
  lock: (tx: Statements, ids: readonly string[]): Promise<unknown> => {
    const { list, values } = listOf([...ids].toSorted())
    return tx.select(`SELECT id FROM notifications WHERE id IN (${list}) ORDER BY id FOR UPDATE`, values)
  },

  /** Erases what channels have sent, if nothing is left to send. What can be replayed stays, unless it is secret. */
  forgetMessages: (tx: Statements, ids: readonly string[]): Promise<number> => {
    const { list, values } = listOf(ids)
    return tx.write(
      `UPDATE notifications n SET n.message = NULL WHERE n.id IN (${list}) AND n.message IS NOT NULL AND NOT EXISTS
         (SELECT 1 FROM deliveries d WHERE d.notification_id = n.id
          AND (d.status IN ('PENDING', 'COLLECTED') OR (d.status = 'FAILED' AND NOT n.is_secret)))`,
      values,
    )
  },
})
