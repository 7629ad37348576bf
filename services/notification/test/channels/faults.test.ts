// What each channel makes of a provider that fails.
import { generateKeyPairSync } from 'node:crypto'
import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import { unguarded } from '@postern/service/breakers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApns } from '../../src/channels/apns/apns.js'
import type { Channel } from '../../src/channels/channel.js'
import { createFcm } from '../../src/channels/fcm/fcm.js'
import { createHttp2Requests } from '../../src/channels/http2-requests.js'
import { createSms } from '../../src/channels/sms/sms.js'
import { createSendSms } from '../../src/channels/sms/twilio.js'
import { createWebPush } from '../../src/channels/web-push/web-push.js'
import { browserKeys, VAPID } from './browser-keys.js'
import { message, oneDevice, outcomeOf } from './messages.js'
import { type Http2Receiver, type Receiver, startHttp2Receiver, startReceiver } from './receivers.js'

/** Long for a receiver on this machine, and short for a person who waits for the test. */
const TIMEOUT_MS = 1000

let [plain, http2] = [] as unknown as [Receiver, Http2Receiver]
let channels: Record<string, { channel: Channel; receiver: Receiver }>
let close: () => void

beforeAll(async () => {
  plain = await startReceiver()
  http2 = await startHttp2Receiver()
  const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'], timeoutMs: TIMEOUT_MS })
  const http = createHttp2Requests({ origin: http2.url, ca: http2.ca, timeoutMs: TIMEOUT_MS })
  const account = { url: plain.url, account: 'AC1', token: 'secret', from: '+15005550006', statusUrl: undefined }
  const phoneNumbers = {
    has: () => Promise.resolve(true),
    find: () => Promise.resolve('+447911123456'),
    forget: () => Promise.resolve(),
  }
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subscription = { endpoint: `${plain.url}/push/1`, keys: browserKeys().keys }
  channels = {
    'Web Push': {
      receiver: plain,
      channel: createWebPush({
        ...{ devices: oneDevice(subscription), send, services: { guardOf: () => unguarded } },
        ...{ keys: VAPID, subject: 'mailto:ops@example.com' },
      }),
    },
    SMS: {
      receiver: plain,
      channel: createSms({
        ...{ phoneNumbers, sendSms: createSendSms(account, send).send, guard: unguarded, maxSegments: 3 },
      }),
    },
    FCM: {
      receiver: http2,
      channel: createFcm({
        ...{ devices: oneDevice('token'), http, guard: unguarded, projectId: 'p' },
        tokens: { current: () => Promise.resolve('access'), forget: () => undefined },
      }),
    },
    APNs: {
      receiver: http2,
      channel: createApns({
        ...{ devices: oneDevice('ab12'), http, guard: unguarded, topic: 'com.example' },
        key: { privateKey, keyId: 'K', teamId: 'T' },
      }),
    },
  }
  close = () => http.close()
})
afterAll(async () => {
  close()
  await plain.close()
  await http2.close()
})

const MEGABYTE = 'x'.repeat(1_000_000)

describe.each(['Web Push', 'SMS', 'FCM', 'APNs'])('%s', (name) => {
  it.each([
    ['answers nothing', 'hang' as const, /^No response within 1 s\.$/, undefined],
    ['closes the connection', 'close' as const, /^The host can't be reached/, undefined],
    ['fails', { status: 500 }, / answered 500\.$/, undefined],
    ['is overloaded', { status: 503, headers: { 'retry-after': '120' } }, / answered 503\.$/, 120],
    ['has had enough', { status: 429, headers: { 'retry-after': '7' } }, / answered 429\.$/, 7],
    ['takes no credentials', { status: 401, body: '{"error":' }, / answered 401/, undefined],
    ['fails at length', { status: 500, body: MEGABYTE }, / answered 500\.$/, undefined],
  ])('tries again if the provider %s', async (_, answer, failure, retryAfter) => {
    const { channel, receiver } = channels[name]!
    receiver.answer = answer
    expect(await outcomeOf(channel)).toEqual({
      ...{ kind: 'again', retryAfter, failure: expect.stringMatching(failure) as string },
    })
  })

  it('gives up if the provider refuses, and repeats nothing that it has said', async () => {
    const { channel, receiver } = channels[name]!
    receiver.answer = { status: 400, body: '{"reason":"bad <script>","message":"canary","code":"canary"}' }
    const outcome = await outcomeOf(channel)
    expect(outcome).toEqual({ kind: 'refused', reason: expect.stringMatching(/ answered 400\.$/) as string })
  })

  it('takes an answer that is longer than expected', async () => {
    const { channel, receiver } = channels[name]!
    receiver.answer = { status: 200, body: MEGABYTE }
    expect(await outcomeOf(channel)).toMatchObject({ kind: 'delivered' })
  })

  it('works again once the provider does', async () => {
    const { channel, receiver } = channels[name]!
    receiver.answer = 'close'
    await outcomeOf(channel)
    receiver.answer = { status: 200, body: '{}' }
    expect(await outcomeOf(channel)).toEqual({ kind: 'delivered' })
  })

  it('stops with its attempt', async () => {
    const { channel, receiver } = channels[name]!
    receiver.answer = 'hang'
    const before = receiver.received.length
    const stopping = new AbortController()
    const result = channel.deliver(message(), stopping.signal).catch((error: unknown) => (error as Error).name)
    await expect.poll(() => receiver.received.length).toBeGreaterThan(before)
    stopping.abort()
    expect(await result).toBe('TryAgain')
  })
})
