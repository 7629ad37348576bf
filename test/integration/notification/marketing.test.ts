import { randomUUID } from 'node:crypto'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { NotificationCategory as Category, NotificationChannel as Channel } from '@postern/proto/notification'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { browserKeys } from '../../../services/notification/test/channels/browser-keys.js'
import { type Receiver, startReceiver } from '../../../services/notification/test/channels/receivers.js'
import { grantOf, type RunningConsent, startConsent } from '../../support/consent.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { startSmtpServer, type SmtpTestServer } from '../../support/smtp-server.js'
import { asUser, startTokenIssuer } from '../../support/token-issuer.js'
import { startUpstreamServices, type UpstreamServices } from '../../support/upstream-services.js'
import { until } from '../../support/wait.js'
import { WEBHOOK_ENVIRONMENT } from '../../support/webhooks.js'

const PURPOSE = 'notifications.marketing'
const WAYS = [Channel.EMAIL, Channel.SMS, Channel.PUSH, Channel.IN_APP, Channel.WEBHOOK]

let issuer: Awaited<ReturnType<typeof startTokenIssuer>>
let provider: Receiver
let smtp: SmtpTestServer
let upstreams: UpstreamServices
let consent: RunningConsent
let service: Notification

beforeAll(async () => {
  issuer = await startTokenIssuer()
  ;[provider, smtp, upstreams, consent] = await Promise.all([
    ...([startReceiver(), startSmtpServer(), startUpstreamServices(), startConsent()] as const),
  ])
  service = await startNotification({
    ...{ ...WEBHOOK_ENVIRONMENT, NOTIFICATION_WEBHOOK_HOSTS: '127.0.0.1' },
    ...{ SMTP_URL: smtp.url, AUTH_GRPC_URL: upstreams.url, CONSENT_GRPC_URL: consent.grpcUrl },
    ...{ SMS_URL: provider.url, SMS_ACCOUNT: 'AC1', SMS_TOKEN: 'sms-token', SMS_FROM: 'Example' },
    ...{ VAPID_PRIVATE_KEY: Buffer.alloc(32, 5).toString('base64url'), VAPID_SUBJECT: 'mailto:ops@example.com' },
    ...{ WEB_PUSH_HOSTS: new URL(provider.url).host, NOTIFICATION_URL: 'https://notifications.example.com' },
  })
})
afterAll(async () => {
  await service.stop()
  upstreams.stop()
  await Promise.all([consent.stop(), smtp.close(), provider.close()])
  await issuer.stop()
})

/** A person who can be reached in every way, and has turned all of them on. */
let userId: string
beforeEach(async () => {
  userId = randomUUID()
  provider.answer = { status: 201, body: '{"sid":"SM1"}' }
  upstreams.contacts.set(userId, { email: `${userId}@example.com`, emailVerified: true, disabled: false })
  const phoneNumber = `+4479111${String(Math.floor(Math.random() * 100_000)).padStart(5, '0')}`
  await service.rpc.requestPhoneNumberVerification({ userId, phoneNumber }, asService())
  const code = await until('the code arrives', () => {
    const forms = provider.received.map(({ body }) => new URLSearchParams(body.toString()))
    return /\d{6}/.exec(forms.find((form) => form.get('To') === phoneNumber)?.get('Body') ?? '')?.[0]
  })
  await service.rpc.verifyPhoneNumber({ userId, code }, asService())
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  const { p256dh, auth } = browserKeys().keys
  const browser = { endpoint: `${provider.url}/push/${userId}`, p256dh: base64(p256dh), auth: base64(auth) }
  await service.rpc.registerPushDevice({ userId, target: { case: 'webPush', value: browser } }, asService())
  await service.rpc.registerWebhook({ userId, url: `${provider.url}/webhook/${userId}` }, asService())
  const channels = WAYS.map((channel) => ({ channel, enabled: true }))
  const categories = [{ category: Category.MARKETING, channels }]
  await service.rpc.updateNotificationSettings({ userId, categories }, asService())
})

/** What became of an offer on each channel. */
async function sent() {
  const offer = { userId, category: Category.MARKETING, title: 'Offer', body: 'Text.', channels: WAYS }
  const { notification } = await service.rpc.sendNotification({ ...offer, idempotencyKey: randomUUID() }, asService())
  const rows = await until('every delivery has an end', async () => {
    const found = await service.database.query<{ channel: string; status: string; reason: string | null }>(
      'SELECT channel, status, reason FROM deliveries WHERE notification_id = ?',
      [notification!.id],
    )
    return found.every(({ status }) => status !== 'PENDING') && found
  })
  return Object.fromEntries(rows.map(({ channel, status, reason }) => [channel, reason ?? status]))
}

it.each([
  [['email'], { EMAIL: 'DELIVERED', SMS: 'NO_CONSENT', WEB_PUSH: 'NO_CONSENT' }],
  [['push', 'sms'], { EMAIL: 'NO_CONSENT', SMS: 'DELIVERED', WEB_PUSH: 'DELIVERED' }],
])(
  'of a person who has agreed to %j is sent by no other way, and to what they read or have set up themselves',
  async (scopes, expected) => {
    await consent.rpc.grantConsent(grantOf(PURPOSE, { scopes }), consent.as(userId))
    expect(await sent()).toEqual({ ...expected, IN_APP: 'DELIVERED', WEBHOOK: 'DELIVERED' })
  },
)

it('is sent nowhere without consent, and not after a withdrawal', async () => {
  const nowhere = Object.fromEntries(
    ['EMAIL', 'SMS', 'WEB_PUSH', 'IN_APP', 'WEBHOOK'].map((channel) => [channel, 'NO_CONSENT']),
  )
  expect(await sent()).toEqual(nowhere)
  await consent.rpc.grantConsent(grantOf(PURPOSE), consent.as(userId))
  expect(new Set(Object.values(await sent()))).toEqual(new Set(['DELIVERED']))
  await consent.rpc.revokeConsent({ purpose: PURPOSE }, consent.as(userId))
  expect(await sent()).toEqual(nowhere)
})

describe('what a webhook of a person did not take', () => {
  const requests = () => provider.received.filter(({ path }) => path === `/webhook/${userId}`).length
  const deliveryOf = async () => {
    const [row] = await service.database.query<{ id: string; status: string; last_failure: string; attempts: number }>(
      'SELECT id, status, last_failure, attempts FROM webhook_deliveries WHERE user_id = ?',
      [userId],
    )
    return row
  }
  const passTime = () =>
    service.database.query('UPDATE webhook_deliveries SET due_at = UTC_TIMESTAMP(3) WHERE user_id = ? AND due_at > ?', [
      userId,
      new Date(),
    ])
  const has = (state: Record<string, unknown>) =>
    until(`the delivery is ${JSON.stringify(state)}`, async () => {
      const delivery = await deliveryOf()
      return Object.entries(state).every(([name, value]) => delivery?.[name as keyof typeof delivery] === value)
    })
  const FAILED_ONCE = { status: 'PENDING', attempts: 1, last_failure: 'The receiver answered 500.' }
  const offer = { category: Category.MARKETING, title: 'Offer', body: 'Text.', channels: [Channel.WEBHOOK] }
  const sendOffer = (more: object = {}) =>
    service.rpc.sendNotification({ userId, ...offer, ...more, idempotencyKey: randomUUID() }, asService())

  beforeEach(async () => {
    await consent.rpc.grantConsent(grantOf(PURPOSE), consent.as(userId))
    provider.answer = { status: 500 }
  })

  it('is not sent again after the consent was withdrawn, not even when it is replayed', async () => {
    await sendOffer()
    await has(FAILED_ONCE)
    await consent.rpc.revokeConsent({ purpose: PURPOSE }, consent.as(userId))
    provider.answer = { status: 204 }
    await passTime()
    const over = { status: 'FAILED', attempts: 1, last_failure: 'There is no consent to marketing.' }
    await has(over)
    const { id } = (await deliveryOf())!
    await service.rpc.replayWebhookDelivery({ deliveryId: id }, asUser(userId))
    await has({ ...over, attempts: 0 })
    expect(requests()).toBe(1)
    const [webhook] = await service.database.query('SELECT enabled FROM webhook_endpoints WHERE owner_id = ?', [userId])
    expect(webhook).toEqual({ enabled: 1 })
  })

  it('waits while the consent service is away, and is sent when it is back', async () => {
    await sendOffer()
    await has(FAILED_ONCE)
    await consent.pause()
    provider.answer = { status: 204 }
    await passTime()
    await has({ status: 'PENDING', attempts: 2, last_failure: 'It was not known whether this is still wanted.' })
    await consent.restart()
    await until('it is sent', async () => {
      // Its circuit breaker finds out in a moment.
      await service.database.query(
        `UPDATE webhook_deliveries SET attempts = 1, due_at = UTC_TIMESTAMP(3)
         WHERE user_id = ? AND status = 'PENDING' AND due_at > UTC_TIMESTAMP(3) + INTERVAL 61 SECOND`,
        [userId],
      )
      return (await deliveryOf())?.status === 'DELIVERED'
    })
    expect(requests()).toBe(2)
  })

  it('is not sent again when it has expired, or was turned off', async () => {
    const expiresAt = timestampFromDate(new Date(Date.now() + 60_000))
    await sendOffer({ expiresAt })
    await has(FAILED_ONCE)
    provider.answer = { status: 204 }
    await service.database.query(
      'UPDATE notifications SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE user_id = ? AND expires_at IS NOT NULL',
      [userId],
    )
    await passTime()
    await has({ status: 'FAILED', last_failure: 'The notification has expired.' })
    await service.database.query('UPDATE notifications SET expires_at = NULL WHERE user_id = ?', [userId])
    const channels = [{ channel: Channel.WEBHOOK, enabled: false }]
    const categories = [{ category: Category.MARKETING, channels }]
    await service.rpc.updateNotificationSettings({ userId, categories }, asService())
    await service.rpc.replayWebhookDelivery({ deliveryId: (await deliveryOf())!.id }, asUser(userId))
    await has({ status: 'FAILED', last_failure: 'The person does not want this any more.' })
    expect(requests()).toBe(1)
  })
})
