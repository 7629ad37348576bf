import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeliveryStatus as Status,
  Digest,
  NotificationCategory as Category,
  NotificationChannel as Channel,
} from '@postern/proto/notification'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { smtpError, startSmtpServer, type SmtpTestServer } from '../../support/smtp-server.js'
import { startUpstreamServices, type UpstreamServices } from '../../support/upstream-services.js'
import { until } from '../../support/wait.js'

let upstreams: UpstreamServices
let smtp: SmtpTestServer
let service: Notification
/** Of the links in e-mails. */
let linksUrl = ''
/** With a template that has HTML of its own. */
const templates = mkdtempSync(join(tmpdir(), 'postern-notification-templates-'))
mkdirSync(join(templates, 'offer'))
writeFileSync(join(templates, 'offer', 'en.text.hbs'), 'Title: Offer\n\nToday: {{what}}.\n')
writeFileSync(join(templates, 'offer', 'en.html.hbs'), '<html><body><h1>Today: {{what}}</h1></body></html>\n')

beforeAll(async () => {
  ;[upstreams, smtp] = await Promise.all([startUpstreamServices(), startSmtpServer()])
  const onLine = ({ msg, url }: Record<string, unknown>) => {
    if (msg === 'links to unsubscribe listen') linksUrl = String(url)
  }
  const urls = { SMTP_URL: smtp.url, AUTH_GRPC_URL: upstreams.url, CONSENT_GRPC_URL: upstreams.url }
  const links = { NOTIFICATION_URL: 'https://notifications.example.com', LOG_LEVEL: 'info' }
  const env = { ...urls, ...links, NOTIFICATION_TEMPLATES_DIR: templates }
  service = await startNotification(env, { onLine })
})
afterAll(async () => {
  await service.stop()
  upstreams.stop()
  await smtp.close()
  rmSync(templates, { recursive: true })
})

let userId: string, address: string
beforeEach(() => {
  ;[userId, address] = [randomUUID(), `${randomUUID()}@example.com`]
  upstreams.contacts.set(userId, { email: address, emailVerified: true, disabled: false })
})

async function send(category: Category, title: string, more: object = {}) {
  const request = { userId, category, title, body: 'Text.', channels: [Channel.EMAIL], idempotencyKey: randomUUID() }
  return (await service.rpc.sendNotification({ ...request, ...more }, asService())).notification!.id
}

const choose = (settings: object) => service.rpc.updateNotificationSettings({ userId, ...settings }, asService())

const deliveriesOf = async (notificationId: string) =>
  (await service.rpc.getNotification({ notificationId }, asService())).notification!.deliveries

const deliveryOf = async (notificationId: string) => (await deliveriesOf(notificationId))[0]!

const hasStatus = (id: string, status: Status) =>
  until(`the status is ${Status[status]}`, async () => {
    const delivery = await deliveryOf(id)
    return delivery.status === status && delivery
  })

/** What waits for a time is due. */
const passTime = () =>
  service.database.query(
    `UPDATE deliveries SET due_at = UTC_TIMESTAMP(3) WHERE user_id = ? AND due_at IS NOT NULL AND claim IS NULL`,
    [userId],
  )

/** Since an hour ago, and for an hour at least. */
function quietHours() {
  const time = (hours: number) => `${String((new Date().getUTCHours() + 24 + hours) % 24).padStart(2, '0')}:00`
  return { enabled: true, start: time(-1), end: time(2) }
}

describe('quiet hours', () => {
  it('hold everything back but security notices, until they end or are turned off', async () => {
    await choose({ timeZone: 'UTC', quietHours: quietHours() })
    const waiting = await send(Category.WORKFLOW, 'Can wait')
    const delivery = await until('it waits', async () => {
      const found = await deliveryOf(waiting)
      return found.reason === 'QUIET_HOURS' && found
    })
    expect(delivery).toMatchObject({ status: Status.PENDING, attempts: [] })
    const urgent = await send(Category.SECURITY, 'Urgent')
    await hasStatus(urgent, Status.DELIVERED)
    expect(smtp.to(address).map(({ headers }) => headers.get('subject'))).toEqual(['Urgent'])
    await choose({ quietHours: { ...quietHours(), enabled: false } })
    await hasStatus(waiting, Status.DELIVERED)
  })
})

describe('a digest', () => {
  const digest = (category: Category, kind: Digest) =>
    choose({ categories: [{ category, channels: [], digest: kind }] })

  it('has the e-mails of several notifications, in their order', async () => {
    await digest(Category.SYSTEM, Digest.DAILY)
    const ids = [
      await send(Category.SYSTEM, 'First'),
      await send(Category.SYSTEM, 'Second'),
      await send(Category.SYSTEM, 'Third'),
    ]
    for (const id of ids) await hasStatus(id, Status.COLLECTED)
    expect(smtp.to(address)).toEqual([])
    await passTime()
    for (const id of ids) expect((await hasStatus(id, Status.DELIVERED)).attempts).toHaveLength(1)
    const [mail, ...others] = smtp.to(address)
    expect(others).toEqual([])
    expect(mail?.headers.get('subject')).toBe('Postern: 3 notifications')
    expect(mail?.text.match(/First|Second|Third/g)).toEqual(['First', 'Second', 'Third'])
  })

  it('leaves out what was turned off since, and codes are never in one', async () => {
    await digest(Category.CONSENT, Digest.WEEKLY)
    await digest(Category.SYSTEM, Digest.WEEKLY)
    const [kept, dropped] = [await send(Category.SYSTEM, 'Kept'), await send(Category.CONSENT, 'Dropped')]
    const over = await send(Category.SYSTEM, 'Over')
    for (const id of [kept, dropped, over]) await hasStatus(id, Status.COLLECTED)
    const code = { title: undefined, body: undefined, template: 'phone-number-code', secretValues: { code: '123456' } }
    await hasStatus(await send(Category.SYSTEM, '', code), Status.DELIVERED)
    // As if it were turned off while the digest is made.
    const choices = { categories: { CONSENT: { channels: { EMAIL: false } } } }
    await service.database.query('UPDATE people SET choices = ? WHERE user_id = ?', [JSON.stringify(choices), userId])
    await service.database.query(
      'UPDATE notifications SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?',
      [over],
    )
    await passTime()
    await hasStatus(kept, Status.DELIVERED)
    expect(await deliveryOf(dropped)).toMatchObject({ status: Status.SUPPRESSED, reason: 'TURNED_OFF' })
    expect(await deliveryOf(over)).toMatchObject({ status: Status.EXPIRED })
    expect(smtp.to(address).at(-1)?.text).not.toMatch(/Dropped|Over/)
    // Nor is their text kept any longer.
    const rows = await service.database.query(
      'SELECT id FROM notifications WHERE user_id = ? AND message IS NOT NULL',
      [userId],
    )
    expect(rows).toEqual([])
  })

  it('that is due, or will be in a moment, is not put off by a change of settings', async () => {
    await digest(Category.SYSTEM, Digest.WEEKLY)
    const id = await send(Category.SYSTEM, 'Weekly')
    await hasStatus(id, Status.COLLECTED)
    const dueIn = (seconds: number) =>
      service.database.query(
        'UPDATE deliveries SET due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND WHERE notification_id = ?',
        [seconds, id],
      )
    await dueIn(30)
    await choose({ locale: 'en' })
    const [row] = await service.database.query<{ status: string; isSoon: number }>(
      `SELECT status, due_at < UTC_TIMESTAMP(3) + INTERVAL 1 MINUTE AS isSoon FROM deliveries WHERE notification_id = ?`,
      [id],
    )
    expect(row).toEqual({ status: 'COLLECTED', isSoon: 1 })
    await dueIn(0)
    await choose({ locale: 'en' })
    await hasStatus(id, Status.DELIVERED)
    expect(smtp.to(address)).toHaveLength(1)
  })

  it('that is turned off sends what was collected', async () => {
    await digest(Category.SYSTEM, Digest.HOURLY)
    const id = await send(Category.SYSTEM, 'Now')
    await hasStatus(id, Status.COLLECTED)
    await digest(Category.SYSTEM, Digest.OFF)
    await hasStatus(id, Status.DELIVERED)
    expect(smtp.to(address)[0]?.headers.get('subject')).toBe('Now')
  })
})

describe('marketing', () => {
  const both = { channels: [Channel.EMAIL, Channel.IN_APP] }

  beforeEach(() =>
    choose({ categories: [{ category: Category.MARKETING, channels: [{ channel: Channel.IN_APP, enabled: true }] }] }),
  )

  it('is sent only with consent', async () => {
    const refused = await send(Category.MARKETING, 'Offer', both)
    const deliveries = await until('no channel sends it', async () => {
      const found = await deliveriesOf(refused)
      return found.every(({ status }) => status === Status.SUPPRESSED) && found
    })
    expect(deliveries.map(({ reason }) => reason)).toEqual(['NO_CONSENT', 'NO_CONSENT'])
    upstreams.consenting.add(userId)
    const sent = await send(Category.MARKETING, 'Another offer', both)
    await hasStatus(sent, Status.DELIVERED)
    await until('it is in the app', async () => {
      const { notifications } = await service.rpc.listNotifications({ userId }, asService())
      return notifications.length === 1 && notifications[0]?.id === sent
    })
  })

  it('waits while the consent service is away, and nothing of it is sent', async () => {
    upstreams.stop()
    upstreams.consenting.add(userId)
    const id = await send(Category.MARKETING, 'Offer', both)
    await until('it waits', async () => (await deliveryOf(id)).reason === 'CONSENT')
    expect(smtp.to(address)).toEqual([])
    expect((await service.rpc.listNotifications({ userId }, asService())).notifications).toEqual([])
    // Another one has waited for a day.
    const old = await send(Category.MARKETING, 'Old offer')
    await until('it waits', async () => (await deliveryOf(old)).reason === 'CONSENT')
    await service.database.query(
      `UPDATE deliveries SET tried_since = tried_since - INTERVAL 1 DAY, due_at = UTC_TIMESTAMP(3)
       WHERE notification_id = ? AND waits_for = 'CONSENT'`,
      [old],
    )
    const { id: deadId, reason } = await hasStatus(old, Status.FAILED)
    expect(reason).toBe('The consent service has not answered for a day.')
    await upstreams.listen()
    // Its circuit breaker finds out in a moment.
    await until('it is sent', async () => {
      await passTime()
      return smtp.to(address).length === 1
    })
    expect(await hasStatus(id, Status.DELIVERED)).toMatchObject({ attempts: [{ delivered: true }] })
    const replay = { deliveryIds: [deadId] }
    expect(await service.rpc.replayDeadLetters(replay, asService())).toMatchObject({ replayedCount: 1 })
    await hasStatus(old, Status.DELIVERED)
  })

  it('has a link that unsubscribes with one click', async () => {
    upstreams.consenting.add(userId)
    await hasStatus(await send(Category.MARKETING, 'Offer'), Status.DELIVERED)
    const [mail] = smtp.to(address)
    expect(mail?.headers.get('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
    const link = /^<(https:\/\/notifications\.example\.com(\S+))>$/.exec(mail?.headers.get('list-unsubscribe') ?? '')
    const path = link?.[2] ?? ''
    const visit = (to: string, init?: RequestInit) => fetch(`${linksUrl}${to}`, init)
    const question = await visit(path)
    expect([question.status, question.headers.get('referrer-policy')]).toEqual([200, 'no-referrer'])
    // Not the last character, of which not every bit counts.
    const other = path.replace(/.(?=.{8}$)/, (character) => (character === 'A' ? 'B' : 'A'))
    expect((await visit(other, { method: 'POST' })).status).toBe(404)
    const isOn = async () => {
      const { settings } = await service.rpc.getNotificationSettings({ userId }, asService())
      const found = settings?.categories.find(({ category }) => category === Category.MARKETING)
      return found?.channels.find(({ channel }) => channel === Channel.EMAIL)?.enabled
    }
    expect(await isOn()).toBe(true)
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' })
    expect((await visit(path, { method: 'POST', body })).status).toBe(200)
    expect(await isOn()).toBe(false)
    const later = await send(Category.MARKETING, 'More')
    expect(await hasStatus(later, Status.SUPPRESSED)).toMatchObject({ reason: 'TURNED_OFF' })
  })
})

describe('the HTML of a template', () => {
  const own = { title: undefined, body: undefined, template: 'offer', values: { what: 'tea' } }

  it('has a visible link to unsubscribe if it is marketing, as the text has, and is otherwise sent as it is', async () => {
    upstreams.consenting.add(userId)
    await hasStatus(await send(Category.MARKETING, '', own), Status.DELIVERED)
    await hasStatus(await send(Category.SYSTEM, '', own), Status.DELIVERED)
    const [marketing, system] = smtp.to(address)
    const link = /^<(\S+)>$/.exec(marketing?.headers.get('list-unsubscribe') ?? '')?.[1] ?? ''
    expect(marketing?.text).toMatch(/^Today: tea\.\s+Unsubscribe:\s+https:/)
    expect(marketing?.text).toContain(link)
    const href = link.replaceAll('=', '&#x3D;')
    expect(marketing?.html.trim()).toBe(
      `<html><body><h1>Today: tea</h1><p class="quiet"><a href="${href}">Unsubscribe</a></p>\n</body></html>`,
    )
    expect(system?.html.trim()).toBe('<html><body><h1>Today: tea</h1></body></html>')
    expect(system?.text.trim()).toBe('Today: tea.')
  })
})

describe('a dead letter', () => {
  it('can be sent again, unless its secret was erased', async () => {
    smtp.answers.rcpt = (to) => {
      if (to === address) throw smtpError(550, `no mailbox ${address}`)
    }
    const plain = await send(Category.SYSTEM, 'Hello')
    const code = { title: undefined, body: undefined, template: 'phone-number-code', secretValues: { code: '123456' } }
    const secret = await send(Category.SECURITY, '', code)
    const failed = await hasStatus(plain, Status.FAILED)
    await hasStatus(secret, Status.FAILED)
    expect(failed.attempts).toMatchObject([{ delivered: false, failure: expect.stringContaining('550') }])
    expect(JSON.stringify(await service.database.query('SELECT * FROM delivery_attempts'))).not.toContain(address)
    const { deadLetters } = await service.rpc.listDeadLetters({ channel: Channel.EMAIL }, asService())
    expect(deadLetters.map(({ notificationId, replayable }) => [notificationId, replayable])).toEqual([
      [secret, false],
      [plain, true],
    ])
    delete smtp.answers.rcpt
    const deliveryIds = deadLetters.map(({ delivery }) => delivery!.id)
    expect(await service.rpc.replayDeadLetters({ deliveryIds }, asService())).toMatchObject({ replayedCount: 1 })
    expect((await hasStatus(plain, Status.DELIVERED)).attempts).toHaveLength(2)
    expect(smtp.to(address)).toHaveLength(1)
  })
})
