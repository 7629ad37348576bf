import { generateKeyPairSync, randomUUID } from 'node:crypto'
import {
  DeliveryStatus as Status,
  NotificationCategory as Category,
  NotificationChannel as Channel,
} from '@postern/proto/notification'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startReceiver, type Receiver } from '../../../services/notification/test/channels/receivers.js'
import { browserKeys } from '../../../services/notification/test/channels/browser-keys.js'
import { failureOf } from '../../support/grpc.js'
import { type Notification, startNotification } from '../../support/notification.js'
import { asService } from '../../support/service-keys.js'
import { until } from '../../support/wait.js'

let [provider, service] = [] as unknown as [Receiver, Notification]

const apnsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })

const channels = (url: string) => ({
  ...{ SMS_URL: url, SMS_ACCOUNT: 'AC1', SMS_TOKEN: 'sms-token', SMS_FROM: 'Example', SMS_CODES_PER_HOUR: '20' },
  ...{ VAPID_PRIVATE_KEY: Buffer.alloc(32, 5).toString('base64url'), VAPID_SUBJECT: 'mailto:ops@example.com' },
  ...{ WEB_PUSH_HOSTS: new URL(url).host, OUTBOUND_ALLOWED_HOSTS: '127.0.0.1' },
  ...{ APNS_KEY: apnsKey.toString(), APNS_KEY_ID: 'KEY0000001', APNS_TEAM_ID: 'TEAM000001', APNS_TOPIC: 'com.example' },
})

beforeAll(async () => {
  provider = await startReceiver()
  service = await startNotification(channels(provider.url))
})
afterAll(async () => {
  await service.stop()
  await provider.close()
})

let userId: string
beforeEach(() => {
  userId = randomUUID()
  provider.received.length = 0
  provider.answer = { status: 201, body: '{"sid":"SM1"}' }
})

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const { keys } = browserKeys()
const browser = (name: string) => ({
  endpoint: `${provider.url}/push/${name}`,
  ...{ p256dh: base64(keys.p256dh), auth: base64(keys.auth) },
})

const register = async (name: string, owner = userId) => {
  const target = { case: 'webPush', value: browser(name) } as const
  return (await service.rpc.registerPushDevice({ userId: owner, name, target }, asService())).device!
}
const devicesOf = async (owner = userId) => (await service.rpc.listPushDevices({ userId: owner }, asService())).devices

/** Sends by one channel, which the person has turned on. */
async function send(channel: Channel) {
  const categories = [{ category: Category.SYSTEM, channels: [{ channel, enabled: true }] }]
  await service.rpc.updateNotificationSettings({ userId, categories }, asService())
  const request = { userId, category: Category.SYSTEM, title: 'Title', body: 'Body.', channels: [channel] }
  const { notification } = await service.rpc.sendNotification({ ...request, idempotencyKey: randomUUID() }, asService())
  const read = () => service.rpc.getNotification({ notificationId: notification!.id }, asService())
  return until('every delivery has an end', async () => {
    const { deliveries } = (await read()).notification!
    return deliveries.every(({ status }) => status !== Status.PENDING) && deliveries
  })
}

describe('a device', () => {
  it('keeps its id when it is registered again, and belongs to the person who registered it last', async () => {
    const first = await register('one')
    expect(await register('one')).toMatchObject({ id: first.id, name: 'one' })
    const other = randomUUID()
    expect(await register('one', other)).toMatchObject({ id: first.id })
    expect([await devicesOf(), (await devicesOf(other)).map(({ id }) => id)]).toEqual([[], [first.id]])
    const foreign = service.rpc.deletePushDevice({ userId, deviceId: first.id }, asService())
    expect(await failureOf(foreign)).toMatchObject({ status: 'NOT_FOUND' })
    await service.rpc.deletePushDevice({ userId: other, deviceId: first.id }, asService())
    expect(await devicesOf(other)).toEqual([])
  })

  it('is one of 20 at most: the one that was registered first makes room', async () => {
    for (let i = 0; i < 21; i++) await register(`${userId}-${i}`)
    const names = (await devicesOf()).map(({ name }) => name)
    expect([names.length, names[0], names.includes(`${userId}-0`)]).toEqual([20, `${userId}-20`, false])
  })

  it('gets a delivery of its own, and is forgotten once it has gone', async () => {
    const [stays, leaves] = [await register(`${userId}-stays`), await register(`${userId}-leaves`)]
    provider.answer = ({ path }) => ({ status: path?.endsWith('-leaves') ? 410 : 201 })
    const deliveries = await send(Channel.PUSH)
    expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set([Status.DELIVERED, Status.FAILED]))
    await until('one is left', async () => (await devicesOf()).length === 1)
    const [left] = await until('its use is noted', async () => {
      const devices = await devicesOf()
      return devices[0]?.lastUsedAt && devices
    })
    expect([left?.id, left?.id === leaves.id]).toEqual([stays.id, false])
    expect(provider.received.every(({ headers }) => headers['content-encoding'] === 'aes128gcm')).toBe(true)
  })

  it('is stored so that the database alone gives nobody its address, and is recognized after a rotation of the key', async () => {
    const { id } = await register(`${userId}-secret`)
    const rows = await service.database.query<object>('SELECT * FROM push_devices WHERE id = ?', [id])
    expect(JSON.stringify(rows)).not.toContain('/push/')
    const rotated = await startNotification(
      {
        ...channels(provider.url),
        NOTIFICATION_KEY: 'another-notification-key-0123456789abcdef',
        NOTIFICATION_KEY_PREVIOUS: service.parts().config.NOTIFICATION_KEY,
      },
      { database: service.database },
    )
    const target = { case: 'webPush', value: browser(`${userId}-secret`) } as const
    const again = await rotated.rpc.registerPushDevice({ userId, target }, asService())
    expect(again.device?.id).toBe(id)
    await rotated.stop()
  })

  it.each([
    ['a push service that is not listed', { endpoint: 'https://example.com/push' }, 'web_push.endpoint'],
    ['another port of a push service', { endpoint: 'https://127.0.0.1:8443/push' }, 'web_push.endpoint'],
    ['an address of a private network', { endpoint: 'https://10.0.0.1/push' }, 'web_push.endpoint'],
    ['a key that is no point', { p256dh: base64(Buffer.alloc(65, 4)) }, 'web_push.p256dh'],
  ])('with %s is refused', async (_, changes, path) => {
    const target = { case: 'webPush', value: { ...browser('x'), ...changes } } as const
    const failure = await failureOf(service.rpc.registerPushDevice({ userId, target }, asService()))
    expect([failure.status, failure.fields.map((field) => field.path)]).toEqual(['INVALID_ARGUMENT', [path]])
  })
})

describe('a phone number', () => {
  const request = (phoneNumber: string, owner = userId) =>
    service.rpc.requestPhoneNumberVerification({ userId: owner, phoneNumber }, asService())
  const verify = (code: string) => service.rpc.verifyPhoneNumber({ userId, code }, asService())
  const smsTo = (number: string) =>
    until(`an SMS to ${number}`, () => {
      const forms = provider.received.map(({ body }) => new URLSearchParams(body.toString()))
      return forms.findLast((form) => form.get('To') === number)?.get('Body')
    })
  const codeTo = async (number: string) => /\d{6}/.exec(await smsTo(number))?.[0] ?? ''
  const smsSent = async () => (await send(Channel.SMS)).map(({ status }) => status)
  const wrong = (code: string) => (code === '000000' ? '000001' : '000000')

  it('gets a code, is used once the person has entered it, and is forgotten after STOP', async () => {
    await request('+447911100001')
    const code = await codeTo('+447911100001')
    expect(await failureOf(verify(wrong(code)))).toMatchObject({ code: 'INVALID_CODE' })
    expect(await smsSent()).not.toContain(Status.DELIVERED)
    const { settings } = await verify(code)
    expect(settings?.phoneNumberEnding).toBe('0001')
    expect(await failureOf(verify(code))).toMatchObject({ code: 'INVALID_CODE' })
    const stored = await service.database.query<object>('SELECT * FROM phone_numbers WHERE user_id = ?', [userId])
    expect(JSON.stringify(stored)).not.toContain('447911100001')

    expect(await smsSent()).toEqual([Status.DELIVERED])
    expect(await smsTo('+447911100001')).toContain('Title')
    provider.answer = { status: 400, body: '{"code":21610}' }
    expect(await smsSent()).toEqual([Status.FAILED])
    await until('the number is forgotten', async () => {
      const read = await service.rpc.getNotificationSettings({ userId }, asService())
      return read.settings?.phoneNumberEnding === undefined
    })
  })

  it('stays when another one is refused: one that gets a code, or one that was the number before', async () => {
    const [before, used, refused] = ['+447550300002', '+447500300003', '+447800300004']
    const ending = async () =>
      (await service.rpc.getNotificationSettings({ userId }, asService())).settings?.phoneNumberEnding
    const accepted = { status: 201, body: '{"sid":"SM1"}' }
    const gone = { status: 400, body: '{"code":21211}' }
    await request(before)
    await verify(await codeTo(before))
    // The provider refuses it while the person verifies another one.
    const isVerified = Promise.withResolvers<null>()
    provider.received.length = 0
    provider.answer = async ({ body }) => {
      if (new URLSearchParams(body.toString()).get('To') !== before) return accepted
      await isVerified.promise
      return gone
    }
    const sending = smsSent()
    await smsTo(before)
    await request(used)
    await verify(await codeTo(used))
    isVerified.resolve(null)
    expect(await sending).toEqual([Status.FAILED])
    expect(await ending()).toBe('0003')
    provider.answer = gone
    await request(refused)
    await until('the code is refused', async () => {
      const rows = await service.database.query(
        "SELECT id FROM deliveries WHERE user_id = ? AND lane = 'SECURITY' AND status = 'FAILED'",
        [userId],
      )
      return rows.length === 1
    })
    expect(await ending()).toBe('0003')
  })

  it('takes five guesses, however many come at once, and a new code takes five more', async () => {
    await request('+447400200001')
    const code = await codeTo('+447400200001')
    const guesses = await Promise.all(Array.from({ length: 12 }, () => failureOf(verify(wrong(code)))))
    expect(new Set(guesses.map((guess) => guess.code))).toEqual(new Set(['INVALID_CODE']))
    const [row] = await service.database.query<{ guesses: number }>(
      'SELECT guesses FROM phone_number_codes WHERE user_id = ?',
      [userId],
    )
    expect(row?.guesses).toBe(5)
    expect(await failureOf(verify(code))).toMatchObject({ code: 'INVALID_CODE' })
    provider.received.length = 0
    await request('+447400200001')
    expect((await verify(await codeTo('+447400200001'))).settings?.phoneNumberEnding).toBe('0001')
  })

  it('that is none is refused', async () => {
    for (const text of ['+19005551234', '07911123456', '+44791112345678901'])
      expect(await failureOf(request(text))).toMatchObject({
        status: 'INVALID_ARGUMENT',
        fields: [{ path: 'phone_number' }],
      })
  })

  it('gets no more codes than its beginning and the person may have, and all together', async () => {
    const isLimited = async (number: string, owner = userId) => {
      const failure = await request(number, owner).then(
        () => null,
        () => failureOf(request(number, owner)),
      )
      if (failure) expect(failure).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) as number })
      return failure !== null
    }
    // A tenth of 20 for numbers that begin alike, whoever asks.
    const alike = ['+4915112345601', '+4915112345602', '+4915112345603']
    const limited = await Promise.all(alike.map((number) => isLimited(number, randomUUID())))
    expect(limited.filter(Boolean)).toHaveLength(1)
    // Five for a person.
    const apart = ['+4915212345678', '+491601234567', '+491701234567', '+33612345678', '+31612345678', '+34612345678']
    const results: boolean[] = []
    for (const number of apart) results.push(await isLimited(number))
    expect(results).toEqual([false, false, false, false, false, true])
    await service.database.query('UPDATE phone_number_code_counts SET sent = 20 WHERE sent > 5')
    expect(await isLimited('+12025550123', randomUUID())).toBe(true)
  })
})
