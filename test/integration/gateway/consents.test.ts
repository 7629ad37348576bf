import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { createProver } from '../../support/dpop.js'
import { ageProof } from '../../support/factors.js'
import { GATEWAY_KEY, type RunningGateway, startGateway } from '../../support/gateway.js'
import { type Service, startService } from '../../support/service.js'
import { type RunningConsent, startConsent } from '../../support/consent.js'
import { NotificationCategory } from '@postern/proto/notification'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService, serviceKeys } from '../../support/service-keys.js'
import { until } from '../../support/wait.js'

/** Where clients believe the gateway is. */
const API = 'https://api.example.com'

let [consent, notification, service, gateway, user] = [] as unknown as [
  RunningConsent,
  Notification,
  Service,
  RunningGateway,
  SignedIn,
]
beforeAll(async () => {
  ;[consent, notification] = await Promise.all([startConsent(), startNotification()])
  service = await startService({ GRPC_PORT: '0', GATEWAY_KEY, DPOP_URLS: API, ...serviceKeys('auth') })
  gateway = await startGateway({
    AUTH_GRPC_URL: `127.0.0.1:${service.grpc!.port}`,
    CONSENT_GRPC_URL: consent.grpcUrl,
    NOTIFICATION_GRPC_URL: notification.grpcUrl,
    GATEWAY_URLS: API,
  })
  user = await service.signUp()
})
afterAll(async () => {
  await gateway.stop()
  await service.stop()
  await Promise.all([consent.stop(), notification.stop()])
})

async function call(method: string, path: string, body?: object, by = user) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${by.token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { code: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
}

/** Asked by a service, as any that wants to know whether it may. */
const isValid = async () => (await call('GET', '/consents/integrations.read/validity')).body.valid as boolean

describe('a person over REST', () => {
  it('withdraws a purpose that has the name of another route', async () => {
    expect((await call('DELETE', '/consents/purposes')).body.code).toBe('NOT_FOUND')
    expect((await call('PUT', '/consents/purposes')).headers.get('allow')).toBe('GET, HEAD, DELETE')
  })

  it('agrees, is taken at their word until they withdraw, and takes along what happened', async () => {
    expect((await call('GET', '/consents/purposes')).body.purposes).toHaveLength(9)
    expect(await isValid()).toBe(false)
    const granted = await call('POST', '/consents', { purpose: 'integrations.read', textVersion: 1 })
    expect([granted.code, granted.body.consent.state]).toEqual([200, 'CONSENT_STATE_GRANTED'])
    expect(await isValid()).toBe(true)
    expect((await call('DELETE', '/consents/integrations.read')).body.consents[0].state).toBe('CONSENT_STATE_REVOKED')
    expect(await isValid()).toBe(false)

    const { events } = (await call('GET', '/consents/history?pagination.pageSize=2')).body
    expect(events).toMatchObject([{ type: 'CONSENT_EVENT_TYPE_REVOKED' }, { type: 'CONSENT_EVENT_TYPE_GRANTED' }])
    expect(events[0]).toMatchObject({ recordedBy: 'user', address: '127.0.0.1' })

    const csv = await call('GET', '/consents:export?format=EXPORT_FORMAT_CSV')
    expect([csv.code, csv.headers.get('content-type'), csv.headers.get('content-disposition')]).toEqual([
      200,
      expect.stringMatching(/^text\/csv/),
      expect.stringMatching(/^attachment; filename="[\w.-]+\.csv"$/),
    ])
    expect(csv.text).toContain('integrations.read')
    expect(csv.headers.get('cache-control')).toBe('no-store')
    const json = await call('GET', '/consents:export')
    expect(JSON.stringify(json.body)).toContain('integrations.read')
  })

  it('with a key (DPoP) takes along a file of many pages with one proof, which works once', async () => {
    const { id, email, password } = await service.signUp()
    const entries = Array.from({ length: 1001 }, (_, i) => [
      ...[id, i + 1, 1, id, 'GRANTED', 'user.profile', '', 1, 'en', 'h', new Date(), new Date(), 'user', 'web'],
      ...['Acme', '', '', 'k', 'm'],
    ])
    await consent.database.query(
      `INSERT INTO consent_history (user_id, sequence, schema_version, consent_id, type, purpose, scopes, text_version,
         language, text_hash, at, expires_at, recorded_by, source, controller_name, controller_address,
         controller_contact, key_id, mac) VALUES ?`,
      [entries],
    )
    const prover = await createProver()
    const login = await fetch(`${gateway.url}/auth/login`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        dpop: await prover.proof({ htm: 'POST', htu: `${API}/auth/login` }),
      },
      body: JSON.stringify({ email, password }),
    })
    const { token } = (await login.json()) as { token: string }
    const dpop = await prover.proof({ htm: 'GET', htu: `${API}/consents:export`, token })
    const download = () =>
      fetch(`${gateway.url}/consents:export?format=EXPORT_FORMAT_CSV`, {
        headers: { authorization: `DPoP ${token}`, dpop },
      })
    const file = await download()
    expect(file.status).toBe(200)
    expect((await file.text()).split('\r\n').filter((line) => line.includes('GRANTED'))).toHaveLength(1001)
    expect((await download()).status).toBe(401)
  })

  it('is told what is wrong in the form of every other route', async () => {
    const outdated = await call('POST', '/consents', { purpose: 'integrations.read', textVersion: 9 })
    expect([outdated.code, outdated.body.code]).toEqual([409, 'CONSENT_TEXT_OUTDATED'])
    expect((await call('GET', '/consents/nothing')).code).toBe(404)
    const other = await service.signUp()
    expect((await call('GET', `/consents?userId=${other.id}`)).body.code).toBe('FORBIDDEN')
    expect((await call('GET', '/consents', undefined, { ...user, token: 'nonsense' })).code).toBe(401)
  })

  it('reads notifications, marks them as read, changes settings, and gets new ones as they arrive', async () => {
    let sent = 0
    const send = (title: string) =>
      notification.rpc.sendNotification(
        { userId: user.id, category: NotificationCategory.WORKFLOW, title, body: 'Text.', idempotencyKey: `${++sent}` },
        asService(),
      )
    const open = (headers: Record<string, string> = {}) =>
      fetch(`${gateway.url}/notifications/stream`, { headers: { authorization: `Bearer ${user.token}`, ...headers } })
    const untilArrived = async (response: Response, title: string) => {
      let text = ''
      const decoder = new TextDecoder()
      for await (const bytes of response.body!) {
        text += decoder.decode(bytes, { stream: true })
        if (text.includes(title)) break
      }
      return text
    }
    const stream = await open()
    const arrived = untilArrived(stream, '"First"')
    await send('First')
    const [, id = ''] = /id: (\S+)/.exec(await arrived) ?? []
    await send('Second')
    await until('both are listed', async () => (await call('GET', '/notifications')).body.unreadCount === 2)
    expect(await untilArrived(await open({ 'last-event-id': id }), '"Second"')).not.toContain('"First"')

    const overview = await call('GET', '/me/overview')
    expect(overview.body).toMatchObject({
      unreadNotifications: 2,
      consents: [{ purpose: 'integrations.read' }],
      errors: [],
    })
    const marked = await call('POST', '/notifications:markAsRead', { notificationIds: [id] })
    expect(marked.body).toEqual({ markedCount: 1, unreadCount: 1 })
    const changed = await call('PATCH', '/notification-settings', { timeZone: 'Asia/Tokyo' })
    expect(changed.body.settings.timeZone).toBe('Asia/Tokyo')
  })

  it('has their notifications forwarded only after a recent proof of who they are', async () => {
    const person = await service.signUp()
    const webhook = { url: 'https://receiver.example.com/postern' }
    const registered = await call('POST', '/webhooks', webhook, person)
    expect([registered.code, registered.body.webhook.userId]).toEqual([200, person.id])
    const aged = { ...person, ...(await ageProof(service, person, 601)) }
    const refused = await call('POST', '/webhooks', webhook, aged)
    expect([refused.code, refused.body.code]).toEqual([401, 'REAUTHENTICATION_REQUIRED'])
    expect(refused.headers.get('www-authenticate')).toContain('max_age="600"')
    expect((await call('GET', '/webhooks', undefined, aged)).body.webhooks).toHaveLength(1)
  })
})

it('without the services there are no routes, no parts of the overview, and nothing in the document', async () => {
  const alone = await startGateway({ AUTH_GRPC_URL: `127.0.0.1:${service.grpc!.port}` })
  const headers = { authorization: `Bearer ${user.token}` }
  for (const path of ['/consents', '/notifications', '/notifications/stream', '/webhooks']) {
    const response = await fetch(alone.url + path, { headers })
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  }
  const overview = (await (await fetch(`${alone.url}/me/overview`, { headers })).json()) as object
  expect(Object.keys(overview)).toEqual(['profile', 'session', 'sessions', 'errors'])
  const document = await (await fetch(`${alone.url}/openapi.json`)).text()
  expect(document).not.toMatch(/consent|notification|webhook|x-postern/i)
  const complete = await (await fetch(`${gateway.url}/openapi.json`)).text()
  expect(complete).toContain('/notifications/stream')
  expect(complete).not.toContain('x-postern')
  await alone.stop()
})

it('an outage of one of them is that of its routes: the overview names the part', async () => {
  await consent.pause()
  const { code, body } = await call('GET', '/me/overview')
  expect([code, body.consents, body.profile.id]).toEqual([200, null, user.id])
  expect(body.errors).toMatchObject([{ part: 'consents', code: 'SERVICE_UNAVAILABLE', retryAfter: 1 }])
  expect((await call('GET', '/consents')).code).toBe(503)
  expect((await call('GET', '/notifications')).code).toBe(200)
})

describe('the settings of notifications over REST', () => {
  const change = (body: object) => call('PATCH', '/notification-settings', body)
  const settings = async () => (await call('GET', '/notification-settings')).body.settings
  const chosen = { enabled: true, start: '21:00', end: '06:00' }

  it('change as the body says: what it does not name stays as it is', async () => {
    expect((await change({ quietHours: chosen, timeZone: 'Europe/Berlin' })).body.settings).toMatchObject({
      quietHours: chosen,
    })
    await change({ quietHours: { start: '23:00' } })
    expect(await settings()).toMatchObject({ quietHours: { ...chosen, start: '23:00' }, timeZone: 'Europe/Berlin' })
    await change({ quietHours: { enabled: false }, userId: user.id })
    expect((await settings()).quietHours).toEqual({ enabled: false, start: '23:00', end: '06:00' })
    await change({ quietHours: {} })
    expect((await settings()).quietHours).toEqual({ enabled: false, start: '23:00', end: '06:00' })
  })

  it('have their defaults again after null', async () => {
    await change({ locale: 'de', timeZone: 'UTC', quietHours: chosen, digestTime: '10:00', digestWeekday: 5 })
    await change({ locale: null, timeZone: null, digestTime: null, digestWeekday: null, quietHours: { end: null } })
    expect(await settings()).toMatchObject({
      ...{ locale: '', timeZone: 'UTC', digestTime: '08:00', digestWeekday: 1 },
      quietHours: { ...chosen, end: '07:00' },
    })
    await change({ quietHours: null })
    expect((await settings()).quietHours).toEqual({ enabled: false, start: '22:00', end: '07:00' })
  })

  it('of a category change by its name, and of the others nothing does', async () => {
    const category = (name: string, channel: string, enabled: boolean) => ({
      category: `NOTIFICATION_CATEGORY_${name}`,
      channels: [{ channel: `NOTIFICATION_CHANNEL_${channel}`, enabled }],
    })
    await change({ categories: [category('SYSTEM', 'SMS', true)] })
    await change({ categories: [category('WORKFLOW', 'SMS', true)] })
    const { categories } = await settings()
    for (const name of ['SYSTEM', 'WORKFLOW'])
      expect(categories).toContainEqual(
        expect.objectContaining({
          category: `NOTIFICATION_CATEGORY_${name}`,
          channels: expect.arrayContaining([{ channel: 'NOTIFICATION_CHANNEL_SMS', enabled: true }]),
        }),
      )
  })

  it.each([
    [{ quietHours: { start: '07:00' } }, 'quietHours.end'],
    [{ quietHours: { start: '7' } }, 'quietHours.start'],
    [{ categories: null }, 'categories'],
    [{ updateMask: 'phoneNumberEnding' }, 'updateMask'],
  ])('stay as they are after %j, which is refused', async (body, path) => {
    await change({ quietHours: null })
    const before = await settings()
    const refused = await change(body)
    expect([refused.code, refused.body.fields]).toEqual([400, [expect.objectContaining({ path })]])
    expect((await settings()).quietHours).toEqual(before.quietHours)
  })
})
