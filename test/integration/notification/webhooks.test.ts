import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import {
  NotificationCategory as Category,
  NotificationChannel as Channel,
  type RegisterWebhookResponse,
  WebhookDeliveryStatus as Status,
} from '@postern/proto/notification'
import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { ageProof } from '../../support/factors.js'
import { freePort } from '../../support/free-port.js'
import { bearer, failureOf, metadata } from '../../support/grpc.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { startService, type Service } from '../../support/service.js'
import { asService } from '../../support/service-keys.js'
import { until } from '../../support/wait.js'
import { type Receiver, startReceiver, verified, WEBHOOK_ENVIRONMENT } from '../../support/webhooks.js'

let receiver: Receiver
let service: Notification
let postern: Service
let ada: SignedIn
let bob: SignedIn
let admin: SignedIn

beforeAll(async () => {
  const port = String(await freePort())
  receiver = await startReceiver()
  service = await startNotification({
    ...WEBHOOK_ENVIRONMENT,
    NOTIFICATION_WEBHOOK_HOSTS: '127.0.0.1',
    AUTH_GRPC_URL: `127.0.0.1:${port}`,
  })
  postern = await startService({ GRPC_PORT: port, ...service.access })
  ;[ada, bob] = [await postern.signUp(), await postern.signUp()]
  admin = await postern.signUpAdmin((email) => postern.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  await postern.stop()
  await service.stop()
  await receiver.stop()
})

const register = (as: object, path: string, more: object = {}): Promise<RegisterWebhookResponse> =>
  service.rpc.registerWebhook({ url: `${receiver.url}${path}`, ...more }, as)

const codeOf = async (call: Promise<unknown>) => (await failureOf(call)).code

describe("a person's webhook", () => {
  it('gets their notifications, once each and signed', async () => {
    const { webhook, secret } = await register(bearer(ada.token), '/ada')
    expect(webhook).toMatchObject({ userId: ada.id, eventTypes: [], enabled: true })
    const text = { category: Category.WORKFLOW, title: 'Done', body: 'It is done.' }
    const key = { channels: [Channel.WEBHOOK], idempotencyKey: randomUUID() }
    const choice = { category: Category.WORKFLOW, channels: [{ channel: Channel.WEBHOOK, enabled: true }] }
    await service.rpc.updateNotificationSettings({ userId: ada.id, categories: [choice] }, asService())
    const { notification } = await service.rpc.sendNotification({ userId: ada.id, ...text, ...key }, asService())
    const request = await until('it has it', () => receiver.on('/ada')[0])
    expect(verified(secret, request)).toMatchObject({
      ...{ specversion: '1.0', id: request.id, type: 'notification.created', subject: ada.id },
      data: { notificationId: notification!.id, category: 'WORKFLOW', title: 'Done', body: 'It is done.' },
    })
    const list = { webhookId: webhook!.id, status: Status.DELIVERED }
    const { deliveries } = await until('it is noted', async () => {
      const found = await service.rpc.listWebhookDeliveries(list, bearer(ada.token))
      return found.deliveries.length > 0 && found
    })
    expect(deliveries).toHaveLength(1)
    expect(receiver.on('/ada')).toHaveLength(1)
  })

  it('is only theirs: there are at most five, and none of the deployment', async () => {
    const own = bearer(bob.token)
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push((await register(own, '/bob', { enabled: false })).webhook!.id)
    expect(await failureOf(register(own, '/bob'))).toMatchObject({
      ...{ code: 'FORBIDDEN', message: 'There can be at most 5 webhooks.' },
    })
    const [webhookId = ''] = ids
    for (const as of [bearer(ada.token), bearer(admin.token)]) {
      expect(await codeOf(service.rpc.getWebhook({ webhookId }, as))).toBe('NOT_FOUND')
      expect(await codeOf(service.rpc.updateWebhook({ webhookId, enabled: true }, as))).toBe('NOT_FOUND')
      expect(await codeOf(service.rpc.deleteWebhook({ webhookId }, as))).toBe('NOT_FOUND')
      expect(await codeOf(service.rpc.rotateWebhookSecret({ webhookId }, as))).toBe('NOT_FOUND')
      expect(await codeOf(service.rpc.listWebhookDeliveries({ webhookId }, as))).toBe('NOT_FOUND')
      expect(await codeOf(service.rpc.listWebhooks({ userId: bob.id }, as))).toBe('FORBIDDEN')
      expect(await codeOf(register(as, '/bob', { userId: bob.id }))).toBe('FORBIDDEN')
    }
    const eventTypes = ['user.registered']
    expect((await failureOf(register(bearer(ada.token), '/ada', { eventTypes }))).fields).toMatchObject([
      { path: 'event_types', message: 'Event types are: notification.created.' },
    ])
    const { webhooks } = await service.rpc.listWebhooks({}, own)
    expect(webhooks.map(({ id }) => id)).toEqual(ids)
  })

  it('is one that hangs: hundreds of them take few connections, and no place of others', async () => {
    const held: ServerResponse[] = []
    receiver.answer('/hangs', (response) => held.push(response))
    const registered = Array.from({ length: 60 }, () => register(asService(), '/hangs', { userId: randomUUID() }))
    const ids = (await Promise.all(registered)).map(({ webhook }) => webhook!.id)
    const rows = ids.flatMap((id) => Array.from({ length: 4 }, () => [randomUUID(), id, randomUUID()]))
    await service.database.query(
      `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, body, status, due_at, created_at) VALUES
         ${rows.map(() => "(?, ?, ?, 'notification.created', '{}', 'PENDING', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))").join(', ')}`,
      rows.flat(),
    )
    // The places of people, and the requests to each receiver.
    await until('all places are taken', () => held.length >= 48 * 3)
    const { webhook } = await register(bearer(admin.token), '/not-delayed', { eventTypes: ['username.released'] })
    await service.rpc.testWebhook({ webhookId: webhook!.id }, bearer(admin.token))
    await until('a webhook of the deployment is not delayed', () => receiver.on('/not-delayed').length)
    // On a busy machine, the first ones can have failed: those have other places.
    expect(held.filter(({ closed }) => !closed).length).toBeLessThanOrEqual((48 + 16) * 3)
    receiver.answer('/hangs', 204)
    held.forEach((response) => response.end())
    await until('all are sent', () => new Set(receiver.on('/hangs').map(({ id }) => id)).size === rows.length)
    await service.rpc.deleteWebhook({ webhookId: webhook!.id }, bearer(admin.token))
  })

  it('is one whose tests hang: many people with such ones take no places from others', async () => {
    const held: ServerResponse[] = []
    let most = 0
    receiver.answer('/hangs-in-tests', (response) => {
      held.push(response)
      most = Math.max(most, held.filter(({ closed }) => !closed).length)
    })
    const owners = Array.from({ length: 24 }, () => randomUUID())
    const ids = await Promise.all(
      [...owners, ...owners].map(async (userId) => {
        const { webhook } = await register(asService(), '/hangs-in-tests', { userId })
        return webhook!.id
      }),
    )
    /** As if all of them had asked for a test. */
    const testAll = () =>
      service.database.query(
        `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, body, status, due_at, created_at) VALUES
           ${ids.map(() => "(?, ?, ?, 'webhook.test', '{}', 'PENDING', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))").join(', ')}`,
        ids.flatMap((id) => [randomUUID(), id, randomUUID()]),
      )
    await testAll()
    await until('all have failed, because they time out', async () => {
      const rows = await service.database.query(
        "SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE e.url = ? AND d.status = 'FAILED'",
        [`${receiver.url}/hangs-in-tests`],
      )
      return rows.length === ids.length
    })
    most = 0
    await testAll()
    await until('the places of failing ones are taken', () => most >= 16)
    const person = await postern.signUp()
    const { webhook } = await register(bearer(person.token), '/after-hanging-tests')
    await service.rpc.testWebhook({ webhookId: webhook!.id }, bearer(person.token))
    await until('a test of someone else is sent', () => receiver.on('/after-hanging-tests').length)
    // Of those that have timed out, some can still be open on this side. Without lanes of their own, all 48 places are taken.
    expect(most).toBeLessThan(2 * 16)
    receiver.answer('/hangs-in-tests', 204)
    held.forEach((response) => response.end())
    await until('all are sent', () => receiver.on('/hangs-in-tests').length >= 2 * ids.length)
  })

  it('gets one test after the other', async () => {
    const { token } = await postern.signUp()
    const as = bearer(token)
    const webhookId = (await register(as, '/tested')).webhook!.id
    const set = (pace: string) =>
      service.database.query(`UPDATE webhook_endpoints SET paced_at = UTC_TIMESTAMP(3) ${pace} WHERE id = ?`, [
        webhookId,
      ])
    await set('+ INTERVAL 1 HOUR')
    await service.rpc.testWebhook({ webhookId }, as)
    expect(await failureOf(service.rpc.testWebhook({ webhookId }, as))).toMatchObject({
      ...{ code: 'RATE_LIMITED', message: 'The last test of this webhook has no result yet.' },
    })
    await set('- INTERVAL 1 HOUR')
    await until('it has its result', async () => {
      const { deliveries } = await service.rpc.listWebhookDeliveries({ webhookId, status: Status.DELIVERED }, as)
      return deliveries.length === 1
    })
    await service.rpc.testWebhook({ webhookId }, as)
  })

  it('is not turned on or changed by someone who is being erased, who can only delete it', async () => {
    const { id, token } = await postern.signUp()
    const as = bearer(token)
    const webhookId = (await register(as, '/erased', { enabled: false })).webhook!.id
    await service.database.query('UPDATE people SET erased_at = NOW(3) WHERE user_id = ?', [id])
    const changes = [
      register(as, '/new'),
      service.rpc.updateWebhook({ webhookId, enabled: true }, as),
      service.rpc.rotateWebhookSecret({ webhookId }, as),
      service.rpc.testWebhook({ webhookId }, as),
    ]
    const failures = await Promise.all(changes.map((change) => failureOf(change)))
    for (const { message } of failures) expect(message).toContain('deleted')
    const [row] = await service.database.query('SELECT enabled FROM webhook_endpoints WHERE owner_id = ?', [id])
    expect(row).toEqual({ enabled: 0 })
    await service.rpc.deleteWebhook({ webhookId }, as)
  })

  it('is gone with the account', async () => {
    const { id, token, password } = await postern.signUp()
    await register(bearer(token), '/gone')
    await postern.succeed('mutation ($password: String) { deleteAccount(password: $password) }', { password }, token)
    await until('it is gone', async () => {
      const rows = await service.database.query('SELECT id FROM webhook_endpoints WHERE owner_id = ?', [id])
      return rows.length === 0
    })
  })
})

describe('a change', () => {
  it('needs a recent proof of who the caller is: a stolen access token can not forward what someone gets', async () => {
    const eventTypes = ['username.released']
    for (const [user, input] of [
      [await postern.signUp(), {}],
      [admin, { eventTypes }],
    ] as const) {
      const webhookId = (await register(bearer(user.token), '/own', { ...input, enabled: false })).webhook!.id
      const { token } = await ageProof(postern, user, 601)
      const old = bearer(token)
      const changes = [
        register(old, '/stolen', input),
        service.rpc.updateWebhook({ webhookId, url: `${receiver.url}/stolen` }, old),
        service.rpc.rotateWebhookSecret({ webhookId }, old),
        service.rpc.testWebhook({ webhookId }, old),
        service.rpc.deleteWebhook({ webhookId }, old),
        service.rpc.requestPhoneNumberVerification({ phoneNumber: '+447911123456' }, old),
      ]
      const codes = await Promise.all(changes.map(codeOf))
      expect(codes).toEqual(codes.map(() => 'REAUTHENTICATION_REQUIRED'))
      expect((await service.rpc.getWebhook({ webhookId }, old)).webhook?.url).toBe(`${receiver.url}/own`)
      await service.rpc.deleteWebhook({ webhookId }, bearer(user.token))
    }
  })
})

describe('a webhook of the deployment', () => {
  it('is for administrators who have signed in lately, and their changes are in the audit log', async () => {
    const { webhook } = await register(bearer(admin.token), '/deployment', { eventTypes: ['username.released'] })
    const webhookId = webhook!.id
    expect(webhook!.userId).toBeUndefined()
    expect(await codeOf(service.rpc.getWebhook({ webhookId }, bearer(ada.token)))).toBe('NOT_FOUND')
    await service.rpc.updateWebhook(
      { webhookId, description: 'CRM', updateMask: { paths: ['description', 'event_types'] } },
      { metadata: metadata({ authorization: `Bearer ${admin.token}`, 'user-agent': 'console' }) },
    )
    expect((await service.rpc.getWebhook({ webhookId }, asService('auth'))).webhook).toMatchObject({
      ...{ description: 'CRM', eventTypes: [] },
    })
    await service.rpc.deleteWebhook({ webhookId }, bearer(admin.token))
    const actions = await until('the audit log has it', async () => {
      const rows = await postern.database.query<{ action: string; actor_id: string }>(
        'SELECT action, actor_id FROM audit_entries WHERE facts LIKE ? ORDER BY id',
        [`%${webhookId}%`],
      )
      return rows.length === 3 && rows
    })
    expect(new Set(actions.map(({ action }) => action))).toEqual(
      new Set(['REGISTER_WEBHOOK', 'UPDATE_WEBHOOK', 'DELETE_WEBHOOK']),
    )
    expect(new Set(actions.map((row) => row.actor_id))).toEqual(new Set([admin.id]))
  })

  it('has entries without the address of an administrator who was deleted before the event was handed over', async () => {
    const report = async (actorId: string) => {
      const webhook = randomUUID()
      const actor = { id: actorId, ipAddress: '192.0.2.1', userAgent: 'console', requestId: randomUUID() }
      await service.database.query(
        `INSERT INTO outbox (id, type, user_id, seq, at, data) VALUES (?, 'webhook.changed', ?, 1, UTC_TIMESTAMP(3), ?)`,
        [uuidv7(), webhook, JSON.stringify({ action: 'TEST_WEBHOOK', facts: { webhook }, actor })],
      )
      return until('the audit log has it', async () => {
        const [row] = await postern.database.query<{ address: string | null }>(
          `SELECT d.ip_address AS address FROM audit_entries e LEFT JOIN audit_details d ON d.entry_id = e.id
           WHERE e.facts LIKE ?`,
          [`%${webhook}%`],
        )
        return row
      })
    }
    expect(await report(admin.id)).toEqual({ address: '192.0.2.1' })
    expect(await report(randomUUID())).toEqual({ address: null })
  })

  it('can be taken over only by services', async () => {
    const request = { webhook: { id: randomUUID(), url: receiver.url }, secret: new Uint8Array(32) }
    expect(await codeOf(service.rpc.importWebhook(request, bearer(admin.token)))).toBe('FORBIDDEN')
    expect(await codeOf(service.rpc.findWebhooks({ ids: [] }, bearer(admin.token)))).toBe('FORBIDDEN')
    expect(await codeOf(service.rpc.importWebhook({ ...request, secret: new Uint8Array(8) }, asService('auth')))).toBe(
      'INVALID_INPUT',
    )
  })
})
