import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  DeliveryStatus,
  NotificationCategory as Category,
  NotificationChannel as Channel,
} from '@postern/proto/notification'
import { failureOf } from '../../support/grpc.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { startSmtpServer, type SmtpTestServer } from '../../support/smtp-server.js'
import { startUpstreamServices, type UpstreamServices } from '../../support/upstream-services.js'
import { until } from '../../support/wait.js'

let upstreams: UpstreamServices
let smtp: SmtpTestServer
let service: Notification

beforeAll(async () => {
  ;[upstreams, smtp] = await Promise.all([startUpstreamServices(), startSmtpServer()])
  service = await startNotification({
    ...{ SMTP_URL: smtp.url, AUTH_GRPC_URL: upstreams.url, CONSENT_GRPC_URL: upstreams.url },
    NOTIFICATION_URL: 'https://notifications.example.com',
  })
})
afterAll(async () => {
  await service.stop()
  upstreams.stop()
  await smtp.close()
})

/** Someone whose address the account service knows. */
function person(address = `${randomUUID()}@example.com`, contact: object = {}) {
  const userId = randomUUID()
  upstreams.contacts.set(userId, { email: address, emailVerified: true, disabled: false, ...contact })
  return { userId, address }
}

const text = (more: object = {}) => ({
  ...{ category: Category.WORKFLOW, title: 'Import has failed', body: 'The file is missing.' },
  ...{ idempotencyKey: randomUUID(), ...more },
})

const send = async (request: object) => (await service.rpc.sendNotification(request, asService())).notification!

const deliveriesOf = async (notificationId: string) =>
  (await service.rpc.getNotification({ notificationId }, asService())).notification!.deliveries

const settled = (id: string) =>
  until('all deliveries are settled', async () => {
    const deliveries = await deliveriesOf(id)
    return deliveries.every(({ status }) => status > DeliveryStatus.COLLECTED) && deliveries
  })

describe('a notification', () => {
  it('reaches a person on every channel that they use, and says what became of it', async () => {
    const { userId, address } = person()
    const { id } = await send({ userId, ...text({ link: '/runs/7' }) })
    const deliveries = await settled(id)
    expect(deliveries.map(({ channel, status }) => [channel, status])).toEqual([
      [Channel.EMAIL, DeliveryStatus.DELIVERED],
      [Channel.IN_APP, DeliveryStatus.DELIVERED],
    ])
    expect(deliveries[0]?.attempts).toMatchObject([{ delivered: true, providerId: expect.stringContaining('@') }])
    const [mail] = smtp.to(address)
    expect(mail?.headers.get('subject')).toBe('Import has failed')
    expect(mail?.text).toContain('The file is missing.')
    expect(mail?.text).toContain('https://app.example.com/runs/7')
    const list = await service.rpc.listNotifications({ userId }, asService())
    expect(list).toMatchObject({ unreadCount: 1, notifications: [{ id, title: 'Import has failed', link: '/runs/7' }] })
  })

  it('is made from a template in the language of its person, and has its version', async () => {
    const { userId } = person()
    await service.rpc.updateNotificationSettings({ userId, locale: 'de-AT' }, asService())
    const values = { workflow: 'Import', problem: 'Datei fehlt' }
    const request = { ...text({ title: undefined, body: undefined }), template: 'workflow-failed', values }
    const notification = await send({ userId, ...request })
    expect(notification).toMatchObject({
      title: 'Import ist fehlgeschlagen',
      locale: 'de',
      template: 'workflow-failed',
    })
    expect(notification.templateVersion).toMatch(/^[\da-f]{12}$/)
  })

  it('has the beginning of its title if a template makes that too long', async () => {
    const values = { workflow: '👩‍👩‍👧 '.repeat(100), problem: 'It is gone.' }
    const request = { ...text({ title: undefined, body: undefined }), template: 'workflow-failed', values }
    const { title } = await send({ userId: person().userId, ...request })
    expect(title.length).toBeLessThanOrEqual(255)
    expect(title).toMatch(/👩‍👩‍👧 ?…$/u)
  })

  it('keeps no secret value once it is delivered', async () => {
    const { userId, address } = person()
    const { id } = await send({
      ...{ userId, ...text({ title: undefined, body: undefined }), template: 'phone-number-code' },
      ...{ channels: [Channel.EMAIL], secretValues: { code: '918273' } },
    })
    await settled(id)
    expect(smtp.to(address)[0]?.text).toContain('918273')
    const [row] = await service.database.query<Record<string, unknown>>('SELECT * FROM notifications WHERE id = ?', [
      id,
    ])
    expect(row).toMatchObject({ message: null, title: '', body: '' })
    expect(JSON.stringify(row)).not.toContain('918273')
  })
})

describe('an idempotency key', () => {
  it('makes calls at once one notification', async () => {
    const request = { ...person(), ...text() }
    const calls = Array.from({ length: 8 }, () => service.rpc.sendNotification(request, asService()))
    const answers = await Promise.all(calls)
    expect(new Set(answers.map(({ notification }) => notification?.id)).size).toBe(1)
    expect(answers.filter(({ repeatedCall }) => !repeatedCall)).toHaveLength(1)
    await settled(answers[0]!.notification!.id)
    expect(smtp.to(request.address)).toHaveLength(1)
  })

  it('belongs to one request of one sender', async () => {
    const request = { userId: person().userId, ...text() }
    await send(request)
    const other = service.rpc.sendNotification({ ...request, title: 'Other' }, asService())
    expect(await failureOf(other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 'ALREADY_EXISTS' })
    const { repeatedCall } = await service.rpc.sendNotification(request, asService('auth'))
    expect(repeatedCall).toBe(false)
  })
})

describe('what is not sent', () => {
  it('is what the person has turned off, except for e-mails about security', async () => {
    const { userId } = person()
    const off = { channels: [{ channel: Channel.EMAIL, enabled: false }] }
    await service.rpc.updateNotificationSettings(
      { userId, categories: [{ category: Category.WORKFLOW, ...off }] },
      asService(),
    )
    const { id } = await send({ userId, ...text({ channels: [Channel.EMAIL, Channel.SMS] }) })
    expect(await deliveriesOf(id)).toMatchObject([
      { channel: Channel.EMAIL, status: DeliveryStatus.SUPPRESSED, reason: 'TURNED_OFF' },
      { channel: Channel.SMS, status: DeliveryStatus.SUPPRESSED, reason: 'TURNED_OFF' },
    ])
    const refused = service.rpc.updateNotificationSettings(
      { userId, categories: [{ category: Category.SECURITY, ...off }] },
      asService(),
    )
    expect(await failureOf(refused)).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'categories.0.channels.0.enabled' }],
    })
  })

  it('is an e-mail to an address that is not verified, or of an account that is disabled', async () => {
    for (const contact of [{ emailVerified: false }, { disabled: true }]) {
      const { userId, address } = person(undefined, contact)
      const { id } = await send({ userId, ...text({ channels: [Channel.EMAIL] }) })
      expect(await settled(id)).toMatchObject([{ status: DeliveryStatus.SUPPRESSED, reason: 'NOT_REACHABLE' }])
      expect(smtp.to(address)).toEqual([])
    }
  })

  it('is more than the limit of a category, with which security notices do not count', async () => {
    const limited = await startNotification({ NOTIFICATION_HOURLY_LIMIT: '3' })
    const { userId } = person()
    const calls = Array.from({ length: 8 }, () => limited.rpc.sendNotification({ userId, ...text() }, asService()))
    await Promise.all(calls)
    await limited.rpc.sendNotification({ userId, ...text({ category: Category.SECURITY }) }, asService())
    const { notifications } = await limited.rpc.listNotifications({ userId }, asService())
    expect(notifications.map(({ category }) => Category[category])).toEqual([
      'SECURITY',
      ...Array<string>(3).fill('WORKFLOW'),
    ])
    // An hour later, those that were sent do not count any more, and those that were not have never counted.
    await limited.database.query(
      'UPDATE notifications SET created_at = created_at - INTERVAL 1 HOUR WHERE inbox_seq IS NOT NULL',
      [],
    )
    const later = Array.from({ length: 4 }, () => limited.rpc.sendNotification({ userId, ...text() }, asService()))
    const ids = (await Promise.all(later)).map(({ notification }) => notification!.id)
    const listed = (await limited.rpc.listNotifications({ userId }, asService())).notifications
    expect(listed.filter(({ id }) => ids.includes(id))).toHaveLength(3)
    const plan = await limited.database.query<{ key: string; Extra: string }>(
      `EXPLAIN SELECT COUNT(*) FROM notifications WHERE user_id = ? AND category = 'WORKFLOW' AND is_limited = FALSE
         AND created_at > UTC_TIMESTAMP(3) - INTERVAL 3600 SECOND`,
      [userId],
    )
    expect(plan[0]).toMatchObject({ key: 'notifications_counted' })
    await limited.stop()
  })

  it('is what waits for a channel that nobody has turned on for an hour, and can be sent again', async () => {
    // Nothing is sent until it waits for that channel.
    upstreams.state.isUp = false
    const { userId } = person()
    const request = (minutes: number) => ({ minutes, ...text({ channels: [Channel.EMAIL] }) })
    const ids: string[] = []
    for (const { minutes, ...more } of [request(59), request(61)]) {
      const { id } = await send({ userId, ...more })
      // As if it had been accepted with that channel.
      await service.database.query(
        `UPDATE deliveries SET channel = 'APNS', claim = NULL,
           due_at = UTC_TIMESTAMP(3) - INTERVAL ? MINUTE WHERE notification_id = ?`,
        [minutes, id],
      )
      ids.push(id)
    }
    upstreams.state.isUp = true
    const [recent = '', old = ''] = ids
    const reason = expect.stringContaining('not configured') as string
    expect(await settled(old)).toMatchObject([{ status: DeliveryStatus.FAILED, reason }])
    const { deadLetters } = await service.rpc.listDeadLetters({ channel: Channel.PUSH }, asService())
    expect(deadLetters).toMatchObject([{ notificationId: old, replayable: true }])
    expect(await deliveriesOf(recent)).toMatchObject([{ status: DeliveryStatus.PENDING }])
  })

  it('has expired', async () => {
    upstreams.state.isUp = false
    const { userId } = person()
    const { id } = await send({ userId, ...text({ channels: [Channel.EMAIL], expiresAt: timestamp(5000) }) })
    expect(await settled(id)).toMatchObject([{ status: DeliveryStatus.EXPIRED }])
    upstreams.state.isUp = true
  })
})

const timestamp = (inMs: number) => {
  const at = Date.now() + inMs
  return { seconds: BigInt(Math.floor(at / 1000)), nanos: (at % 1000) * 1e6 }
}

describe('a call of SendNotification', () => {
  it.each([
    [{ userId: '' }, ['user_id']],
    [{ userId: 'ada' }, ['user_id']],
    [{ category: Category.UNSPECIFIED }, ['category']],
    [{ category: 99 }, ['category']],
    [{ title: '' }, ['title']],
    [{ title: undefined }, ['title']],
    [{ body: 'x'.repeat(10_001) }, ['body']],
    [{ link: 'http://example.com/' }, ['link']],
    [{ link: 'javascript:alert(1)' }, ['link']],
    [{ link: '//example.com' }, ['link']],
    [{ idempotencyKey: '' }, ['idempotency_key']],
    [{ channels: [99] }, ['channels.0']],
    [{ locale: 'no language' }, ['locale']],
    [{ template: 'workflow-failed' }, ['title']],
    [{ template: 'verify-email', title: undefined, body: undefined }, ['template']],
    [{ template: 'no-such', title: undefined, body: undefined }, ['template']],
    [{ template: 'workflow-failed', title: undefined, body: undefined }, ['values']],
    [
      {
        ...{ template: 'phone-number-code', title: undefined, body: undefined },
        ...{ values: { code: '918273', app: 'CRM' }, secretValues: { code: '918273' } },
      },
      ['secret_values.code'],
    ],
    [{ expiresAt: timestamp(-1000) }, ['expires_at']],
  ] as [object, string[]][])('with %o is refused', async (more, paths) => {
    const request = { userId: randomUUID(), ...text(), ...more }
    const failure = await failureOf(service.rpc.sendNotification(request, asService()))
    expect(failure.code).toBe('INVALID_INPUT')
    expect(failure.fields.map(({ path }) => path)).toEqual(paths)
  })

  it('to an address is only for the account service', async () => {
    const request = { recipient: { email: 'ada@example.com' }, ...text() }
    expect(await failureOf(service.rpc.sendNotification(request, asService()))).toMatchObject({ code: 'FORBIDDEN' })
  })

  it('without a key of a service is refused', async () => {
    const request = { userId: randomUUID(), ...text() }
    expect(await failureOf(service.rpc.sendNotification(request))).toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})
