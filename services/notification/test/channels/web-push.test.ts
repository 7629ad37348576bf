import { createECDH, createPublicKey } from 'node:crypto'
import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import { unguarded } from '@postern/service/breakers'
import { decrypt } from 'http_ece'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encrypt, isPublicKey, MAX_MESSAGE_BYTES } from '../../src/channels/web-push/encryption.js'
import { createPushServices, PUSH_SERVICES } from '../../src/channels/web-push/push-services.js'
import { subscriptionInput } from '../../src/channels/web-push/subscription.js'
import { readVapidKey } from '../../src/channels/web-push/vapid.js'
import { createWebPush } from '../../src/channels/web-push/web-push.js'
import { browserKeys, VAPID } from './browser-keys.js'
import { DEVICE, message, oneDevice, outcomeOf, USER } from './messages.js'
import { type Receiver, startReceiver } from './receivers.js'

const base64 = (text: string) => Buffer.from(text, 'base64url')

describe('the encryption', () => {
  it('is that of the example of RFC 8291, appendix A', () => {
    const keys = {
      p256dh: base64('BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'),
      auth: base64('BTBZMqHH6r4Tts7J_aSIgg'),
    }
    const fresh = {
      privateKey: base64('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
      salt: base64('DGv6ra1nlYgDCS1FRnbzlw'),
    }
    expect(encrypt(Buffer.from('When I grow up, I want to be a watermelon'), keys, fresh).toString('base64url')).toBe(
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_' +
        'yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
    )
  })

  it('fills one record at most, and uses another key and salt each time', () => {
    const { keys } = browserKeys()
    const longest = Buffer.alloc(MAX_MESSAGE_BYTES)
    const [one, other] = [encrypt(longest, keys), encrypt(longest, keys)]
    expect([one.length, one.subarray(0, 86).equals(other.subarray(0, 86))]).toEqual([4096, false])
    expect(() => encrypt(Buffer.alloc(MAX_MESSAGE_BYTES + 1), keys)).toThrow(RangeError)
  })
})

describe('a subscription', () => {
  const input = subscriptionInput((endpoint) => (endpoint.startsWith('https://') ? null : 'must start with https://'))
  const { keys } = browserKeys()
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  const valid = { endpoint: 'https://push.example.com/1', p256dh: text(keys.p256dh), auth: text(keys.auth) }
  /** On no curve. */
  const noPoint = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)])

  it.each([
    ['nothing', {}, []],
    ['a point that is not on the curve', { p256dh: text(noPoint) }, ['p256dh']],
    ['a compressed point', { p256dh: createECDHCompressed() }, ['p256dh']],
    ['a short secret', { auth: text(Buffer.alloc(15)) }, ['auth']],
    ['padding', { auth: `${valid.auth}==` }, ['auth']],
    ['a URL that the guard refuses', { endpoint: 'http://10.0.0.1/' }, ['endpoint']],
  ])('with %s is told which fields are wrong', (_, changes, fields) => {
    const { error } = input.safeParse({ ...valid, ...changes })
    expect([...new Set(error?.issues.map(({ path }) => path[0]))]).toEqual(fields)
  })

  function createECDHCompressed(): string {
    const ecdh = createECDH('prime256v1')
    ecdh.generateKeys()
    return ecdh.getPublicKey('base64url', 'compressed')
  }

  it('has keys that are points of P-256', () => {
    expect([isPublicKey(keys.p256dh), isPublicKey(noPoint), isPublicKey(Buffer.alloc(65))]).toEqual([
      true,
      false,
      false,
    ])
  })
})

it('a push service is known by its host, and not by the beginning or the end of another', () => {
  const services = createPushServices(PUSH_SERVICES, () => unguarded)
  const known = (endpoint: string) => services.guardOf(endpoint) !== undefined
  for (const endpoint of [
    'https://fcm.googleapis.com/fcm/send/abc',
    'https://fcm.googleapis.com:443/fcm/send/abc',
    'https://updates.push.services.mozilla.com/wpush/v2/abc',
    'https://web.push.apple.com/abc',
    'https://wns2-par02p.notify.windows.com/w/?token=abc',
  ])
    expect(known(endpoint), endpoint).toBe(true)
  for (const endpoint of [
    'https://fcm.googleapis.com.example.com/',
    'https://evil-push.apple.com/',
    'https://push.apple.com/',
    'https://example.com/?fcm.googleapis.com',
    'https://fcm.googleapis.com:8443/fcm/send/abc',
    'https://web.push.apple.com:8443/abc',
    'https://fcm.googleapis.com@example.com/',
    'no URL',
  ])
    expect(known(endpoint), endpoint).toBe(false)
})

it('a push service has only the port that the operator has named', () => {
  const services = createPushServices(['push.internal:8443'], () => unguarded)
  expect(services.guardOf('https://push.internal:8443/abc')).toBeDefined()
  for (const port of ['', ':443', ':8444']) expect(services.guardOf(`https://push.internal${port}/abc`)).toBeUndefined()
})

describe('a notification', () => {
  let receiver: Receiver
  beforeAll(async () => {
    receiver = await startReceiver()
  })
  afterAll(() => receiver.close())

  const browser = browserKeys()
  const now = new Date('2026-11-30T12:00:00Z')

  function start(endpoint = `${receiver.url}/push/1`, allowedHosts = ['127.0.0.1']) {
    const devices = oneDevice({ endpoint, keys: browser.keys })
    const { send } = createOutboundRequests({ allowedHosts })
    const services = { guardOf: () => unguarded }
    return createWebPush({ devices, send, services, keys: VAPID, subject: 'mailto:ops@example.com', clock: () => now })
  }
  const read = (body: Buffer) =>
    JSON.parse(
      decrypt(body, {
        ...{ version: 'aes128gcm', privateKey: browser.ecdh, authSecret: browser.keys.auth.toString('base64url') },
      }).toString(),
    ) as Record<string, unknown>

  it('reaches the browser, and nobody else can read it or pretend to be the sender', async () => {
    const channel = start()
    expect(await channel.targets(USER)).toEqual([DEVICE])
    receiver.answer = { status: 201 }
    expect(await outcomeOf(channel)).toEqual({ kind: 'delivered' })
    const { method, path, headers, body } = receiver.received.at(-1)!
    expect([method, path]).toEqual(['POST', '/push/1'])
    expect(headers).toMatchObject({
      ...{ ttl: '604800', urgency: 'normal', 'content-encoding': 'aes128gcm' },
      topic: expect.stringMatching(/^[\w-]{32}$/) as string,
    })
    expect(body.includes('Lauf')).toBe(false)
    expect(read(body)).toEqual({
      ...{ notificationId: message().notificationId, category: 'WORKFLOW', title: 'Grüße', lang: 'de' },
      ...{ body: 'Der Lauf „Nachts" ist fertig.', link: 'https://app.example.com/runs/7', timestamp: now.getTime() },
    })

    const [, token = '', key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(headers.authorization ?? '') ?? []
    expect(key).toBe(VAPID.publicKey)
    const point = base64(key ?? '')
    const jwk = { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 1, 33), y: point.toString('base64url', 33) }
    const { payload } = await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), {
      ...{ audience: receiver.url, algorithms: ['ES256'], currentDate: now },
    })
    expect(payload).toEqual({ aud: receiver.url, sub: 'mailto:ops@example.com', exp: now.getTime() / 1000 + 3600 })
  })

  it('expires, is urgent or can wait, and an attempt replaces the one before', async () => {
    const channel = start()
    const topics = new Set<unknown>()
    for (const [changes, expected] of [
      [
        { category: 'SECURITY', expiresAt: new Date(now.getTime() + 90_000) },
        { ttl: '90', urgency: 'high' },
      ],
      [
        { category: 'MARKETING', expiresAt: new Date(now.getTime() - 1) },
        { ttl: '0', urgency: 'low' },
      ],
      [{ deliveryId: 'another' }, { ttl: '604800', urgency: 'normal' }],
    ] as const) {
      await outcomeOf(channel, message(changes))
      const { headers } = receiver.received.at(-1)!
      expect(headers).toMatchObject(expected)
      topics.add(headers['topic'])
    }
    expect(topics.size).toBe(2)
  })

  it('is shortened to what push services take', async () => {
    const body = '„Grüße" 👨‍👩‍👧\n'.repeat(2000)
    await outcomeOf(start(), message({ content: { title: 'T'.repeat(500), body, html: null, short: null } }))
    const got = receiver.received.at(-1)!.body
    expect(got.length).toBeGreaterThan(4080)
    expect(got.length).toBeLessThanOrEqual(4096)
    const { title, body: shown } = read(got)
    expect(String(title)).toHaveLength(150)
    expect([String(shown).endsWith('…'), body.startsWith(String(shown).slice(0, -1))]).toEqual([true, true])
    const tooLong = await outcomeOf(start(), message({ link: `https://app.example.com/${'x'.repeat(4096)}` }))
    expect(tooLong).toEqual({ kind: 'refused', reason: 'The link is too long for a push notification.' })
  })

  it.each([404, 410])('makes the service forget a browser that has unsubscribed (%i)', async (status) => {
    const channel = start()
    receiver.answer = { status }
    expect(await outcomeOf(channel)).toEqual({
      ...{ kind: 'refused', reason: 'The browser has unsubscribed.', forgetTarget: true },
    })
    await channel.forget?.(USER, DEVICE)
    expect(await outcomeOf(channel)).toEqual({ kind: 'unreachable' })
  })

  it('is not sent into a private network, and not to a host that is none of the list', async () => {
    const before = receiver.received.length
    const outcome = await outcomeOf(start(`${receiver.url.replace('http:', 'https:')}/push/1`, []))
    expect(outcome).toEqual({ kind: 'refused', reason: 'The URL must not be an address of a private network.' })
    const devices = oneDevice({ endpoint: 'https://example.com/', keys: browser.keys })
    const { send } = createOutboundRequests({ allowedHosts: [] })
    const services = createPushServices(PUSH_SERVICES, () => unguarded)
    const channel = createWebPush({ devices, send, services, keys: VAPID, subject: 'mailto:ops@example.com' })
    expect(await outcomeOf(channel)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('WEB_PUSH_HOSTS') as string,
    })
    expect(receiver.received).toHaveLength(before)
  })
})

it('a VAPID key is 32 bytes in base64url', () => {
  expect(VAPID.publicKey).toMatch(/^B[\w-]{86}$/)
  for (const text of ['', 'AAAA', 'no key at all']) expect(() => readVapidKey(text)).toThrow()
})
