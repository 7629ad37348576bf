// Deliveries that were given up: listing them, and sending them again.
import { listOf } from '@postern/service/database/placeholders'
import type { DatabaseAccess } from '@postern/service/database/open-database'
import type { Statements } from '@postern/service/database/statements'
import type { Category } from '../channels/channel.js'
import { type ChannelSetting, type DeliveryChannel, SETTING_OF } from '../settings/settings.js'
import { createAttemptReader, type Delivery } from './delivery-table.js'

export interface DeadLetter {
  delivery: Delivery
  /** Null: a digest. */
  notificationId: string | null
  category: Category | null
  failedAt: Date
  /** Nothing that it needs was erased. */
  isReplayable: boolean
}

/** The last dead letter of a page. */
export interface DeadLetterCursor {
  failedAt: Date
  id: string
}

/** How many are sent again at once. */
const MOST_REPLAYED = 1000

interface Row {
  id: string
  channel: DeliveryChannel
  reason: string | null
  notificationId: string | null
  category: Category | null
  failedAt: Date
  isReplayable: number
}

/** Those of a digest have failed with it. A digest needs only their titles. */
const REPLAYABLE = `(d.notification_id IS NULL OR (n.message IS NOT NULL
  AND (n.expires_at IS NULL OR n.expires_at > UTC_TIMESTAMP(3))))`

const channelsOf = (setting: ChannelSetting): DeliveryChannel[] =>
  (Object.keys(SETTING_OF) as DeliveryChannel[]).filter((channel) => SETTING_OF[channel] === setting)

function ofSetting(setting: ChannelSetting | null): { condition: string; values: string[] } {
  if (setting === null) return { condition: '', values: [] }
  const { list, values } = listOf(channelsOf(setting))
  return { condition: `AND d.channel IN (${list})`, values }
}

export type DeadLetters = ReturnType<typeof createDeadLetters>

export function createDeadLetters({ read, transaction }: DatabaseAccess, wake: () => void) {
  const attemptsOf = createAttemptReader(read)

  async function replay(tx: Statements, ids: readonly string[]): Promise<number> {
    const { list, values } = listOf(ids)
    const replayed = await tx.write(
      `UPDATE deliveries d LEFT JOIN notifications n ON n.id = d.notification_id
       SET d.status = 'PENDING', d.due_at = UTC_TIMESTAMP(3), d.attempts = 0, d.tried_since = NULL, d.reason = NULL,
         d.settled_at = NULL
       WHERE d.id IN (${list}) AND d.status = 'FAILED' AND d.digest_id IS NULL AND ${REPLAYABLE}`,
      values,
    )
    await tx.write(
      `UPDATE deliveries SET status = 'COLLECTED', reason = NULL, settled_at = NULL
       WHERE digest_id IN (${list}) AND status = 'FAILED'`,
      values,
    )
    if (replayed > 0) tx.afterCommit(wake)
    return replayed
  }

  return {
    /** The latest first. */
    async list(setting: ChannelSetting | null, before: DeadLetterCursor | null, limit: number): Promise<DeadLetter[]> {
      const { condition, values } = ofSetting(setting)
      const after = before ? 'AND (d.settled_at, d.id) < (?, ?)' : ''
      const rows = await read<Row>(
        `SELECT d.id, d.channel, d.reason, d.notification_id AS notificationId, n.category, d.settled_at AS failedAt,
           ${REPLAYABLE} AS isReplayable
         FROM deliveries d LEFT JOIN notifications n ON n.id = d.notification_id
         WHERE d.status = 'FAILED' AND d.digest_id IS NULL ${condition} ${after}
         ORDER BY d.settled_at DESC, d.id DESC LIMIT ?`,
        [...values, ...(before ? [before.failedAt, before.id] : []), String(limit)],
      )
      const attempts = await attemptsOf(rows.map(({ id }) => id))
      return rows.map(({ id, channel, reason, notificationId, category, failedAt, isReplayable }) => ({
        delivery: {
          ...{ id, channel, reason, status: 'FAILED', waitsFor: null, dueAt: null },
          attempts: attempts.get(id) ?? [],
        },
        ...{ notificationId, category, failedAt, isReplayable: isReplayable === 1 },
      }))
    },

    /** Sends these again. Returns how many. */
    replay: (ids: readonly string[]): Promise<number> => transaction((tx) => replay(tx, ids)),

    /** The oldest 1,000 that were given up since then. */
    replaySince: (since: Date, setting: ChannelSetting | null): Promise<number> =>
      transaction(async (tx) => {
        const { condition, values } = ofSetting(setting)
        const rows = await tx.select<{ id: string }>(
          `SELECT d.id FROM deliveries d LEFT JOIN notifications n ON n.id = d.notification_id
           WHERE d.status = 'FAILED' AND d.digest_id IS NULL AND d.settled_at >= ? ${condition} AND ${REPLAYABLE}
           ORDER BY d.settled_at, d.id LIMIT ${MOST_REPLAYED}`,
          [since, ...values],
        )
        let replayed = 0
        // More values would make MariaDB read a table of them.
        for (let at = 0; at < rows.length; at += 512)
          replayed += await replay(
            tx,
            rows.slice(at, at + 512).map(({ id }) => id),
          )
        return replayed
      }),
  }
}
