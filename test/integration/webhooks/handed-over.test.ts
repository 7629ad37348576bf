import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { importRequest } from '../../../src/upstreams/notification/messages.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, type Instance, type Service } from '../../support/service.js'
import { asService } from '../../support/service-keys.js'
import { until } from '../../support/wait.js'
import {
  startReceiver,
  type Receiver,
  verified,
  WEBHOOK_ENVIRONMENT,
  WEBHOOKS,
  webhooksOf,
} from '../../support/webhooks.js'

let receiver: Receiver
let notification: Notification
let database: TestDatabase
const instances: Instance[] = []

const start = async (env: Record<string, string>): Promise<Omit<Service, 'stop'> & Instance> => ({
  ...(await startInstance({ ...WEBHOOK_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), ...env })),
  database,
})

beforeAll(async () => {
  ;[receiver, notification, database] = await Promise.all([
    startReceiver(),
    startNotification(WEBHOOK_ENVIRONMENT),
    createTestDatabase(),
  ])
})
afterAll(async () => {
  for (const instance of instances) await instance.stop()
  await database.drop()
  notification.client.close()
  await notification.database.drop()
  await receiver.stop()
})

/** As if so many events waited for the webhook. */
const later = (id: string) =>
  `UPDATE webhook_endpoints SET paced_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = '${id}'`

it('moves webhooks to the notification service with their secrets and what waits for them, and each is sent once', async () => {
  const before = await start({})
  const admin = await before.signUpAdmin((email) =>
    before.app.services.accounts.roles.setRole({ email }, 'ADMIN', null),
  )
  const webhooks = webhooksOf(before, admin)
  const url = `${receiver.url}/moved`
  const { id, secret: first } = await webhooks.register(url, { description: 'CRM', eventTypes: ['user.registered'] })
  const { secret: second } = await webhooks.call(WEBHOOKS.rotate, { id })
  await database.query(later(id))
  const waiting = []
  for (let i = 0; i < 25; i++) waiting.push(await before.register())
  await until('all wait', async () => (await webhooks.deliveries(id, { first: 100 })).length === waiting.length)
  const registered = await webhooks.find(id)
  await before.stop()

  // Two processes at once: both hand everything over.
  const [service, other] = await Promise.all([start(notification.access), start(notification.access)])
  instances.push(service, other)
  const users = [...waiting, await service.register()]
  const moved = webhooksOf(service, admin, notification.database)
  await until('it is there', () => moved.find(id))
  await moved.set(id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
  await until('all are sent', async () => {
    await moved.set(id, 'paced_at = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR')
    return users.every((user) => receiver.on('/moved').some(({ body }) => body.includes(user.id)))
  })
  const requests = receiver.on('/moved')
  expect(new Set(requests.map((request) => request.id)).size).toBe(users.length)
  expect(requests).toHaveLength(users.length)
  for (const request of requests) for (const secret of [first, second]) verified(secret, request)
  const { updatedAt: _, ...stays } = registered
  expect(await moved.find(id)).toMatchObject(stays)
  for (const table of ['webhook_endpoints', 'webhook_deliveries'])
    expect(await database.query(`SELECT id FROM ${table}`)).toEqual([])

  // A third process that has read it before, and is late: what an administrator has deleted since does not come back.
  await moved.call(WEBHOOKS.delete, { id })
  const now = new Date()
  const delivery = { id: randomUUID(), eventId: randomUUID(), type: 'user.registered', body: '{}', userId: null }
  const late = importRequest({
    webhook: {
      ...{ id, url, description: null, eventTypes: null, enabled: true, disabledReason: null, failingSince: null },
      ...{ previousUntil: null, createdAt: now, updatedAt: now },
    },
    ...{ secret: new Uint8Array(32), previousSecret: null },
    deliveries: [{ ...delivery, attempts: 0, dueAt: now, createdAt: now }],
  })
  await notification.rpc.importWebhook(late, asService('auth'))
  for (const [table, column] of [
    ['webhook_endpoints', 'id'],
    ['webhook_deliveries', 'endpoint_id'],
  ])
    expect(await notification.database.query(`SELECT id FROM ${table} WHERE ${column} = ?`, [id])).toEqual([])
})

it('has an entry of each change from before the call, also if nobody learns what became of it', async () => {
  const [service] = instances as (Instance & Service)[]
  const admin = await service!.signUpAdmin((email) =>
    service!.app.services.accounts.roles.setRole({ email }, 'ADMIN', null),
  )
  const register = (url: string) => service!.graphql(WEBHOOKS.register, { input: { url } }, admin.token)
  const refused = await register('https://192.168.1.1/')
  await register(`${receiver.url}/noted`)
  await notification.pause()
  const lost = await register(`${receiver.url}/lost`)
  expect([refused.code, lost.code]).toEqual(['INVALID_INPUT', 'SERVICE_UNAVAILABLE'])
  const entries = await database.query<{ action: string; result: string }>(
    'SELECT action, result FROM audit_entries WHERE actor_id = ? AND action LIKE ? ORDER BY id',
    [admin.id, '%WEBHOOK'],
  )
  expect(entries.map(({ result }) => result)).toEqual(['ATTEMPTED', 'FAILURE', 'ATTEMPTED', 'SUCCESS', 'ATTEMPTED'])
  expect(new Set(entries.map(({ action }) => action))).toEqual(new Set(['REGISTER_WEBHOOK']))
})
