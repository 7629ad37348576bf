import { randomUUID } from 'node:crypto'
import { NotificationCategory as Category, NotificationChannel as Channel } from '@postern/proto/notification'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { browserKeys } from '../../../services/notification/test/channels/browser-keys.js'
import { type Receiver, startReceiver } from '../../../services/notification/test/channels/receivers.js'
import { grantOf, type RunningConsent, startConsent } from '../../support/consent.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { startSmtpServer, type SmtpTestServer } from '../../support/smtp-server.js'
import { startTokenIssuer } from '../../support/token-issuer.js'
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
  provider.answer = { status: 201, body: '{"sid":"SM1"}' }
  service = await startNotification({
    ...{ ...WEBHOOK_ENVIRONMENT, NOTIFICATION_WEBHOOK_HOSTS: '127.0.0.1' },
    ...{ SMTP_URL: smtp.url, AUTH_GRPC_URL: upstreams.url, CONSENT_GRPC_URL: consent.grpcUrl },
    ...{ SMS_URL: provider.url, SMS_ACCOUNT: 'AC1', SMS_TOKEN: 'sms-token', SMS_FROM: 'Example' },
    ...{ VAPID_PRIVATE_KEY: Buffer.alloc(32, 5).toString('base64url'), VAPID_SUBJECT: 'mailto:ops@example.com' },
    ...{ WEB_PUSH_HOSTS: '127.0.0.1', NOTIFICATION_URL: 'https://notifications.example.com' },
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
  await service.rpc.registerWebhook({ userId, url: `${provider.url}/webhook` }, asService())
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
