import { generateKeyPairSync } from 'node:crypto'
import { unguarded } from '@postern/service/breakers'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApns } from '../../src/channels/apns/apns.js'
import { createHttp2Requests } from '../../src/channels/http2-requests.js'
import { DEVICE, message, oneDevice, outcomeOf, USER } from './messages.js'
import { type Http2Receiver, startHttp2Receiver } from './receivers.js'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const REGISTERED = new Date('2026-11-01T00:00:00Z')

let receiver: Http2Receiver
let http: ReturnType<typeof createHttp2Requests>
let now = Date.parse('2026-11-30T12:00:00Z')

beforeAll(async () => {
  receiver = await startHttp2Receiver()
  http = createHttp2Requests({ origin: receiver.url, ca: receiver.ca })
})
afterAll(async () => {
  http.close()
  await receiver.close()
})

const start = () =>
  createApns({
    ...{ devices: oneDevice('00ff12ab', REGISTERED), http, guard: unguarded, topic: 'com.example.app' },
    ...{ key: { privateKey, keyId: 'KEY0000001', teamId: 'TEAM000001' }, now: () => now },
  })

const sent = () => receiver.received.at(-1)!
const alertOf = (body: Buffer) => (JSON.parse(body.toString()) as { aps: { alert: Record<string, string> } }).aps.alert

it('sends what Apple asks for, signed', async () => {
  const channel = start()
  receiver.answer = ({ headers }) => ({ status: 200, headers: { 'apns-id': String(headers['apns-id']) } })
  expect(await channel.targets(USER)).toEqual([DEVICE])
  const outcome = await outcomeOf(channel, message({ expiresAt: new Date(now + 60_000) }))
  const { method, path, headers, body } = sent()
  expect(outcome).toEqual({ kind: 'delivered', providerId: headers['apns-id'] })
  expect([method, path]).toEqual(['POST', '/3/device/00ff12ab'])
  expect(headers).toMatchObject({
    ...{ 'apns-topic': 'com.example.app', 'apns-push-type': 'alert', 'apns-priority': '10' },
    ...{ 'apns-expiration': String(now / 1000 + 60) },
    'apns-id': expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
  })
  expect(JSON.parse(body.toString())).toEqual({
    aps: {
      alert: { title: 'Grüße', body: 'Der Lauf „Nachts" ist fertig.' },
      ...{ sound: 'default', 'thread-id': 'WORKFLOW' },
    },
    ...{ notificationId: message().notificationId, category: 'WORKFLOW', link: 'https://app.example.com/runs/7' },
  })
  const token = String(headers.authorization).replace('bearer ', '')
  const { payload, protectedHeader } = await jwtVerify(token, publicKey, { algorithms: ['ES256'] })
  expect([payload, protectedHeader.kid]).toEqual([{ iss: 'TEAM000001', iat: now / 1000 }, 'KEY0000001'])
})

it('repeats an attempt with the same id, and another delivery with another one', async () => {
  const channel = start()
  const ids = []
  for (const deliveryId of ['one', 'one', 'other']) {
    await outcomeOf(channel, message({ deliveryId, category: 'MARKETING' }))
    expect(sent().headers).toMatchObject({ 'apns-priority': '1' })
    ids.push(sent().headers['apns-id'])
  }
  expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false])
})

it('keeps its token for 40 minutes, and makes another one when Apple says that it has expired, but not too soon', async () => {
  const channel = start()
  receiver.answer = { status: 403, body: '{"reason":"ExpiredProviderToken"}' }
  const tokens: unknown[] = []
  for (const minutes of [0, 19, 2, 30, 41]) {
    now += minutes * 60_000
    expect(await outcomeOf(channel)).toMatchObject({
      ...{ kind: 'again', failure: "Apple's push service answered 403 (ExpiredProviderToken)." },
    })
    tokens.push(sent().headers.authorization)
  }
  // After 21 minutes it was given up, and the next one was needed after another 30.
  expect(tokens.map((token) => tokens.indexOf(token))).toEqual([0, 0, 0, 3, 4])
})

it.each([
  ['410 Unregistered', { status: 410, body: '{"reason":"Unregistered"}' }, true],
  ['410 from before the device came back', { status: 410, body: `{"timestamp":${REGISTERED.getTime() - 1}}` }, false],
  ['410 from after it came', { status: 410, body: `{"timestamp":${REGISTERED.getTime() + 1}}` }, true],
])('%s decides whether the device is forgotten', async (_, answer, forgetTarget) => {
  receiver.answer = answer
  expect(await outcomeOf(start())).toMatchObject({ kind: 'refused', forgetTarget })
})

it('keeps the devices when all tokens are refused: the key may be one of the other environment', async () => {
  receiver.answer = { status: 400, body: '{"reason":"BadDeviceToken"}' }
  expect(await outcomeOf(start())).toEqual({
    ...{ kind: 'refused', reason: "Apple's push service answered 400 (BadDeviceToken)." },
  })
})

it('shortens a text to what Apple takes', async () => {
  receiver.answer = { status: 200 }
  await outcomeOf(start(), message({ content: { title: 'T', body: 'ü"\n'.repeat(4000), html: null, short: null } }))
  expect(sent().body.length).toBeGreaterThan(4085)
  expect(sent().body.length).toBeLessThanOrEqual(4096)
  expect(alertOf(sent().body)['body']).toMatch(/^ü"\n.*…$/su)
})

it('sends over one connection, and over another one when it is sent away', async () => {
  const channel = start()
  await outcomeOf(channel)
  const before = receiver.connections()
  await Promise.all(Array.from({ length: 20 }, () => outcomeOf(channel)))
  expect(receiver.connections()).toBe(before)
  receiver.sendAway()
  await expect
    .poll(async () => ((await outcomeOf(channel)).kind === 'delivered' ? receiver.connections() : 0))
    .toBe(before + 1)
})
