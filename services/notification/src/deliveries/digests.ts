// Digests: the e-mails of a person that wait for the same time become one.
import type { DatabaseAccess } from '@postern/service/database/open-database'
import { listOf } from '@postern/service/database/placeholders'
import { v7 as uuidv7 } from 'uuid'
import type { Category, ChannelMessage } from '../channels/channel.js'
import type { NotificationTable } from '../notifications/notification-table.js'
import type { PeopleTable } from '../people/people-table.js'
import { settingsOf } from '../settings/choices.js'
import type { Templates } from '../templates/templates.js'
import { quietUntil } from '../timing/quiet-hours.js'
import type { ClaimedDelivery, Settlement } from './delivery-queue.js'
import type { DeliveryTable } from './delivery-table.js'
import type { Lane } from './lanes.js'

/** How many digests are made in one step. */
const BATCH = 100

/** How many notifications are in one digest. The others are in the next one. */
const MOST_MEMBERS = 256

interface Member {
  deliveryId: string
  notificationId: string
  category: Category
  title: string
  expiresAt: Date | null
}

export type Digests = ReturnType<typeof createDigests>

export function createDigests({
  database: { read, transaction },
  people,
  notifications,
  deliveries,
  templates,
  defaultLocale,
}: {
  database: DatabaseAccess
  people: PeopleTable
  notifications: NotificationTable
  deliveries: DeliveryTable
  templates: Templates
  defaultLocale: string
}) {
  /** Marketing has digests of its own: they need consent, and a way to unsubscribe. */
  const collect = (userId: string, lane: Lane): Promise<number> =>
    transaction(async (tx) => {
      const { now } = await people.lock(tx, userId)
      const rows = await tx.select<{ id: string }>(
        `SELECT id FROM deliveries WHERE user_id = ? AND status = 'COLLECTED' AND lane = ? AND digest_id IS NULL
         AND due_at <= UTC_TIMESTAMP(3) ORDER BY id LIMIT ${MOST_MEMBERS} FOR UPDATE`,
        [userId, lane],
      )
      if (rows.length === 0) return 0
      const id = uuidv7()
      const digest = { id, notificationId: null, userId, channel: 'EMAIL', target: null, lane, reason: null } as const
      await deliveries.insert(tx, [{ ...digest, status: 'PENDING' }], now)
      const { list, values } = listOf(rows.map((row) => row.id))
      await tx.write(`UPDATE deliveries SET digest_id = ?, due_at = NULL WHERE id IN (${list})`, [id, ...values])
      return rows.length
    })

  const membersOf = (digestId: string): Promise<Member[]> =>
    read<Member>(
      `SELECT d.id AS deliveryId, n.id AS notificationId, n.category, n.title, n.expires_at AS expiresAt
       FROM deliveries d JOIN notifications n ON n.id = d.notification_id
       WHERE d.digest_id = ? AND d.status = 'COLLECTED' ORDER BY d.id`,
      [digestId],
    )

  /** Leaves them out, and erases what was kept to send them. */
  const drop = (members: readonly Member[], status: 'SUPPRESSED' | 'EXPIRED'): Promise<unknown> =>
    transaction(async (tx) => {
      const ids = members.map(({ notificationId }) => notificationId)
      await notifications.lock(tx, ids)
      const { list, values } = listOf(members.map(({ deliveryId }) => deliveryId))
      await tx.write(
        `UPDATE deliveries SET status = ?, reason = ?, waits_for = NULL, settled_at = UTC_TIMESTAMP(3)
         WHERE id IN (${list}) AND status = 'COLLECTED'`,
        [status, status === 'SUPPRESSED' ? 'TURNED_OFF' : null, ...values],
      )
      await notifications.forgetMessages(tx, ids)
    })

  return {
    /** Makes the digests that are due. Returns how many notifications they have. */
    async step(): Promise<number> {
      const due = await read<{ userId: string; lane: Lane }>(
        `SELECT DISTINCT user_id AS userId, lane FROM deliveries WHERE status = 'COLLECTED' AND channel = 'EMAIL'
         AND lane IN ('NORMAL', 'MARKETING') AND due_at <= UTC_TIMESTAMP(3) LIMIT ${BATCH}`,
        [],
      )
      let collected = 0
      for (const { userId, lane } of due) collected += await collect(userId, lane)
      return collected
    },

    /** What a digest says, by the settings of now. */
    async messageOf({ id, userId, now }: ClaimedDelivery): Promise<ChannelMessage | Settlement> {
      if (userId === null) throw new Error('a digest is for a person')
      const [{ choices, isErased }, members] = await Promise.all([people.find(userId), membersOf(id)])
      const settings = settingsOf(choices)
      const {
        wanted = [],
        unwanted,
        over,
      } = Object.groupBy(members, ({ category, expiresAt }) => {
        if (expiresAt !== null && expiresAt <= now) return 'over'
        return settings.categories[category].channels.EMAIL ? 'wanted' : 'unwanted'
      })
      if (unwanted) await drop(unwanted, 'SUPPRESSED')
      if (over) await drop(over, 'EXPIRED')
      const [first] = wanted
      if (!first || isErased) return { status: 'SUPPRESSED', reason: 'TURNED_OFF', attempt: null }
      const until = quietUntil(now, settings.quietHours, settings.timeZone)
      if (until) return { status: 'PENDING', waitsFor: 'QUIET_HOURS', due: until, attempt: null }
      const values = { count: wanted.length, items: wanted.map(({ title }) => title) }
      const locale = settings.locale ?? defaultLocale
      const { content, locale: found } = templates.render({
        name: 'digest',
        values,
        secretValues: {},
        locale,
        isInApp: false,
      })
      return {
        ...{ deliveryId: id, notificationId: id, category: first.category, userId, target: null },
        ...{ address: null, mailKey: null },
        ...{ content, link: null, locale: found, createdAt: now, expiresAt: null, unsubscribeUrl: null },
      }
    },
  }
}
