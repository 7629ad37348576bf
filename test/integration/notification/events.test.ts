import { randomUUID } from 'node:crypto'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { NotificationCategory as Category } from '@postern/proto/notification'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deliverable as event, deliverEvents } from '../../support/delivered-events.js'
import { failureOf } from '../../support/grpc.js'
import { lockWait } from '../../support/locks.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { readDataModel } from '../../support/prisma-schema.js'
import { asService } from '../../support/service-keys.js'
import { tablesOf } from '../../support/tables.js'
import { until } from '../../support/wait.js'
import { type Receiver, startReceiver, WEBHOOK_ENVIRONMENT } from '../../support/webhooks.js'

let service: Notification
beforeAll(async () => {
  service = await startNotification()
})
afterAll(() => service.stop())

const deliver = (...events: ReturnType<typeof event>[]) => deliverEvents(service.client, ...events)

const send = (userId: string, category = Category.SYSTEM) =>
  service.rpc.sendNotification(
    { userId, category, title: 'Hello', body: 'World', idempotencyKey: randomUUID() },
    asService(),
  )

it('has the tables of its data model', async () => {
  const { _prisma_migrations: _, ...tables } = await tablesOf(service.database)
  const model = new URL('../../../services/notification/prisma/schema.prisma', import.meta.url)
  expect(tables).toEqual(await readDataModel(model))
})

it('tells a person once what became of a consent', async () => {
  const userId = randomUUID()
  const granted = event('consent.granted', userId, { purpose: 'user.profile' })
  // One of them may be told to try again.
  await Promise.allSettled([deliver(granted), deliver(granted)])
  await deliver(granted, event('consent.revoked', userId, { purpose: 'user.profile' }))
  const { notifications } = await service.rpc.listNotifications({ userId }, asService())
  expect(notifications.map(({ title, category }) => [title, category])).toEqual([
    ['You have withdrawn: user.profile', Category.CONSENT],
    ['You have agreed: user.profile', Category.CONSENT],
  ])
})

it('erases everything of a deleted account, however much it is, and sends it nothing any more', async () => {
  const [userId, other] = [randomUUID(), randomUUID()]
  for (const id of [userId, userId, other]) await send(id)
  const many = Array.from({ length: 300 }, (_, i) => [
    ...[randomUUID(), 'test', `many ${i}`, Buffer.alloc(32), userId, 'SYSTEM', 'en', 'Title', 'Text', false],
    new Date(),
  ])
  await service.database.query(
    `INSERT INTO notifications (id, sender, idempotency_key, fingerprint, user_id, category, locale, title, body, is_secret,
       created_at) VALUES ?`,
    [many],
  )
  await service.rpc.updateNotificationSettings({ userId, timeZone: 'Europe/Berlin' }, asService())
  await service.rpc.registerPushDevice({ userId, target: { case: 'fcmToken', value: 'x'.repeat(40) } }, asService())
  await deliver(event('user.deleted', userId))
  await until('nothing is left to erase', async () => {
    const [left] = await service.database.query<{ count: number }>(
      `SELECT (SELECT COUNT(*) FROM notifications WHERE user_id = ?) + (SELECT COUNT(*) FROM erasures) AS count`,
      [userId],
    )
    return Number(left!.count) === 0
  })
  const tables = ['notifications', 'deliveries', 'push_devices', 'phone_numbers']
  for (const table of tables) {
    const rows = await service.database.query(`SELECT 1 FROM ${table} WHERE user_id = ?`, [userId])
    expect([table, rows.length]).toEqual([table, 0])
  }
  const [row] = await service.database.query('SELECT choices, erased_at FROM people WHERE user_id = ?', [userId])
  expect(row).toEqual({ choices: null, erased_at: expect.any(Date) })
  expect(await failureOf(send(userId))).toMatchObject({ code: 'NOT_FOUND' })
  const changed = service.rpc.updateNotificationSettings({ userId, timeZone: 'UTC' }, asService())
  expect(await failureOf(changed)).toMatchObject({ code: 'NOT_FOUND' })
  expect((await service.rpc.listNotifications({ userId: other }, asService())).notifications).toHaveLength(1)
})

describe('what webhooks of the deployment get of a deleted account', () => {
  let receiver: Receiver
  let sending: Notification
  beforeAll(async () => {
    receiver = await startReceiver()
    sending = await startNotification(WEBHOOK_ENVIRONMENT)
    await sending.rpc.registerWebhook({ url: `${receiver.url}/crm` }, asService('auth'))
  })
  afterAll(async () => {
    await sending.stop()
    await receiver.stop()
  })

  const hand = (...events: ReturnType<typeof event>[]) => deliverEvents(sending.client, ...events)
  const rowsOf = (userId: string) =>
    sending.database.query<{ type: string; status: string; attempts: number }>(
      'SELECT type, status, attempts FROM webhook_deliveries WHERE user_id = ? ORDER BY id',
      [userId],
    )
  const erasures = (condition: string) =>
    sending.database.query<{ user_id: string }>(`SELECT user_id FROM erasures WHERE ${condition}`)
  /** What waits for a time is due. */
  async function passTime() {
    await sending.database.query("UPDATE webhook_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE status = 'PENDING'")
    await sending.database.query('UPDATE erasures SET due_at = UTC_TIMESTAMP(3)')
  }
  const isErased = (userId: string) =>
    until('only the event of the deletion is left', async () => {
      const rows = await rowsOf(userId)
      if (rows.length === 1 && (await erasures('TRUE')).length === 0) return rows
      await passTime()
      return false
    })

  it('is sent first, while the erasure waits and keeps no other waiting', async () => {
    const [userId, other] = [randomUUID(), randomUUID()]
    receiver.answer('/crm', 500)
    await hand(event('user.email_changed', userId, { email: `${userId}@example.com` }), event('user.deleted', userId))
    await until('the erasure waits', async () => (await erasures('due_at > UTC_TIMESTAMP(3)')).length === 1)
    await send(other)
    await hand(event('user.deleted', other))
    await until('both have failed once', async () => (await rowsOf(userId)).every(({ attempts }) => attempts === 1))
    expect(await rowsOf(userId)).toMatchObject([
      { type: 'user.email_changed', status: 'PENDING' },
      { type: 'user.deleted', status: 'PENDING' },
    ])
    expect((await erasures('TRUE')).map((row) => row.user_id)).toEqual([userId])
    receiver.answer('/crm', 204)
    await passTime()
    await until('both are sent', async () => (await rowsOf(userId)).every(({ status }) => status === 'DELIVERED'))
    expect(await isErased(userId)).toMatchObject([{ type: 'user.deleted' }])
  })

  it('is erased once it is sent, also if it was handed over after the deletion', async () => {
    const userId = randomUUID()
    await hand(event('user.deleted', userId))
    await isErased(userId)
    const late = event('user.email_changed', userId, { email: `${userId}@example.com` })
    await hand(late)
    await until('it is sent', () => receiver.on('/crm').some(({ id }) => id === late.id))
    expect(await isErased(userId)).toMatchObject([{ type: 'user.deleted' }])
    const { webhooks } = await sending.rpc.listWebhooks({}, asService('auth'))
    const [moved, old] = [randomUUID(), event('username.changed', userId)]
    const now = timestampFromDate(new Date())
    await sending.rpc.importWebhook(
      {
        webhook: { ...webhooks[0]!, id: moved, url: `${receiver.url}/moved`, createdAt: now, updatedAt: now },
        secret: new Uint8Array(32),
        deliveries: [
          { id: randomUUID(), eventId: old.id, eventType: old.type, body: '{}', userId, dueAt: now, createdAt: now },
        ],
      },
      asService('auth'),
    )
    await until('it is sent', () => receiver.on('/moved').length)
    expect(await isErased(userId)).toMatchObject([{ type: 'user.deleted' }])
  })
})

/** Each is one of the user, and has the id of the user. */
const OF_USER = [
  'INSERT INTO people (user_id, created_at) VALUES (:id, NOW(3))',
  `INSERT INTO notifications (id, sender, idempotency_key, fingerprint, user_id, category, locale, title, body, is_secret, created_at)
   VALUES (:id, 'test', :id, UNHEX(SHA2(:id, 256)), :id, 'SYSTEM', 'en', 'Title', 'Text', FALSE, NOW(3))`,
  `INSERT INTO deliveries (id, notification_id, user_id, channel, target, lane, status, created_at)
   VALUES (:id, :id, :id, 'EMAIL', '', 'NORMAL', 'COLLECTED', NOW(3))`,
  `INSERT INTO webhook_endpoints (id, owner_id, url, enabled, paced_at, secret, key_id, created_at, updated_at)
   VALUES (:id, :id, 'https://example.com', TRUE, NOW(3), 'secret', 'key', NOW(3), NOW(3))`,
  'INSERT INTO erasures (user_id, begun_at) VALUES (:id, NOW(3))',
]

describe('an erasure waits for who is about to add', () => {
  let idle: Notification
  beforeAll(async () => {
    idle = await startNotification({}, { idle: true })
  })
  afterAll(() => idle.stop())

  it.each<[what: string, lock: string, add: string, left: string]>([
    [
      'an attempt',
      'SELECT id FROM deliveries WHERE id = :id FOR UPDATE',
      'INSERT INTO delivery_attempts (delivery_id, number, attempted_at, delivered) VALUES (:id, 1, NOW(3), TRUE)',
      'SELECT number FROM delivery_attempts WHERE delivery_id = :id',
    ],
    [
      'the result of a delivery',
      'SELECT id FROM notifications WHERE id = :id FOR UPDATE',
      "UPDATE deliveries SET status = 'DELIVERED' WHERE id = :id",
      'SELECT id FROM deliveries WHERE id = :id',
    ],
    [
      'a digest',
      'SELECT d.id FROM people p JOIN deliveries d ON d.user_id = p.user_id WHERE p.user_id = :id FOR UPDATE',
      `INSERT INTO deliveries (id, user_id, channel, target, lane, status, created_at)
       VALUES (UUID(), :id, 'EMAIL', '', 'NORMAL', 'PENDING', NOW(3))`,
      'SELECT id FROM deliveries WHERE user_id = :id',
    ],
    [
      'a request of a webhook',
      'SELECT id FROM webhook_endpoints WHERE id = :id FOR UPDATE',
      `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, body, status, created_at)
       VALUES (:id, :id, :id, 'notification.created', '{}', 'PENDING', NOW(3))`,
      'SELECT id FROM webhook_deliveries WHERE endpoint_id = :id',
    ],
  ])('%s', async (_, lock, add, left) => {
    const id = `'${randomUUID()}'`
    const of = (sql: string) => sql.replaceAll(':id', id)
    for (const sql of OF_USER) await idle.database.query(of(sql))
    const rival = await idle.database.connect()
    await rival.query('BEGIN')
    await rival.query(of(lock))
    const erasing = idle.job('erasing the rest of deleted users')
    await lockWait(idle.database)
    await rival.query(of(add))
    await rival.query('COMMIT')
    await rival.end()
    expect(await erasing).toBe(1)
    expect(await idle.database.query(of(left))).toEqual([])
  })
})
