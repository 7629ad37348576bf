// The notifications that people read in the app: the rows with a number of their own.
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'
import type { Category } from '../channels/channel.js'
import { type Notification, NOTIFICATION_COLUMNS } from '../notifications/notification-table.js'

export interface InboxEntry extends Notification {
  /** 1, 2, 3 … for each person, in the order of the commits. */
  seq: number
}

export interface InboxFilter {
  unreadOnly: boolean
  category: Category | null
}

/** Where counting ends. */
const MOST_COUNTED = 1000

type Row = Notification & { inboxSeq: string | number }

const SELECT = `SELECT ${NOTIFICATION_COLUMNS}, n.inbox_seq AS inboxSeq FROM notifications n WHERE n.user_id = ?`

const entryOf = ({ inboxSeq, ...notification }: Row): InboxEntry => ({ ...notification, seq: Number(inboxSeq) })

export type InboxTable = ReturnType<typeof createInboxTable>

export const createInboxTable = (read: Read, write: Write) => ({
  /** The newest first. `before`: only those with lower numbers. */
  async list(
    userId: string,
    before: number,
    limit: number,
    { unreadOnly, category }: InboxFilter,
  ): Promise<InboxEntry[]> {
    const conditions = [unreadOnly ? 'AND n.read_at IS NULL' : '', category === null ? '' : 'AND n.category = ?']
    const values = [userId, before, ...(category === null ? [] : [category]), String(limit)]
    const rows = await read<Row>(
      `${SELECT} AND n.inbox_seq < ? ${conditions.join(' ')} ORDER BY n.inbox_seq DESC LIMIT ?`,
      values,
    )
    return rows.map(entryOf)
  },

  /** The oldest first. */
  async listAfter(userId: string, seq: number, limit: number): Promise<InboxEntry[]> {
    const rows = await read<Row>(`${SELECT} AND n.inbox_seq > ? ORDER BY n.inbox_seq LIMIT ?`, [
      ...[userId, seq, String(limit)],
    ])
    return rows.map(entryOf)
  },

  /** At most 1,000. */
  async countUnread(userId: string): Promise<number> {
    const [row] = await read<{ count: string | number }>(
      `SELECT COUNT(*) AS count FROM (SELECT 1 FROM notifications
       WHERE user_id = ? AND read_at IS NULL AND inbox_seq IS NOT NULL LIMIT ${MOST_COUNTED}) unread`,
      [userId],
    )
    return Number(row?.count)
  },

  /** The number of the latest one. 0 if there is none. */
  async latestSeq(userId: string): Promise<number> {
    const [row] = await read<{ seq: string | number }>('SELECT inbox_seq AS seq FROM people WHERE user_id = ?', [
      userId,
    ])
    return Number(row?.seq ?? 0)
  },

  /** The number of a notification, or that of the latest one that was made before: it may be purged. */
  async seqOf(userId: string, id: string): Promise<number> {
    const [row] = await read<{ seq: string | number | null }>(
      `SELECT COALESCE((SELECT inbox_seq FROM notifications WHERE id = ? AND user_id = ?),
         (SELECT MAX(inbox_seq) FROM notifications WHERE user_id = ? AND id < ?)) AS seq`,
      [id, userId, userId, id],
    )
    return Number(row?.seq ?? 0)
  },

  /** Returns how many were not read before. */
  markRead: (userId: string, ids: readonly string[]): Promise<number> => {
    const { list, values } = listOf(ids)
    return write(
      `UPDATE notifications SET read_at = UTC_TIMESTAMP(3)
       WHERE user_id = ? AND id IN (${list}) AND inbox_seq IS NOT NULL AND read_at IS NULL`,
      [userId, ...values],
    )
  },

  markReadUpTo: (userId: string, seq: number): Promise<number> =>
    write(
      `UPDATE notifications SET read_at = UTC_TIMESTAMP(3) WHERE user_id = ? AND inbox_seq <= ? AND read_at IS NULL`,
      [userId, seq],
    ),
})
