import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import { unguarded } from '@postern/service/breakers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { segmentsOf, toSms } from '../../src/channels/sms/segments.js'
import { createSms } from '../../src/channels/sms/sms.js'
import { createSendSms, type SmsAccount } from '../../src/channels/sms/twilio.js'
import { readPhoneNumber } from '../../src/phone-numbers/phone-number.js'
import { message, outcomeOf, USER } from './messages.js'
import { type Receiver, startReceiver } from './receivers.js'

let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(() => receiver.close())

const NUMBER = '+447911123456'
const NOW = Date.parse('2026-11-30T12:00:00Z')

function start(account: Partial<SmsAccount> = {}) {
  let number: string | null = NUMBER
  const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
  const full = { url: `${receiver.url}/`, account: 'AC1', token: 's3cret', from: '+15005550006', statusUrl: undefined }
  return createSms({
    phoneNumbers: {
      has: (userId) => Promise.resolve(number !== null && userId === USER),
      find: () => Promise.resolve(number),
      forget(_, gone) {
        if (gone === number) number = null
        return Promise.resolve()
      },
    },
    ...{ sendSms: createSendSms({ ...full, ...account }, send).send, guard: unguarded, maxSegments: 2, now: () => NOW },
  })
}

const form = () => Object.fromEntries(new URLSearchParams(receiver.received.at(-1)!.body.toString()))

it('sends to the number of the person, as the API wants it', async () => {
  const channel = start({ statusUrl: 'https://app.example.com/sms' })
  receiver.answer = { status: 201, body: '{"sid":"SM123","status":"queued"}' }
  expect(await channel.targets(USER)).toEqual([null])
  const outcome = await outcomeOf(channel, message({ target: null, expiresAt: new Date(NOW + 90_000) }))
  expect(outcome).toEqual({ kind: 'delivered', providerId: 'SM123' })
  const { method, path, headers } = receiver.received.at(-1)!
  expect([method, path]).toEqual(['POST', '/2010-04-01/Accounts/AC1/Messages.json'])
  expect(headers.authorization).toBe(`Basic ${Buffer.from('AC1:s3cret').toString('base64')}`)
  expect(form()).toEqual({
    ...{ To: NUMBER, From: '+15005550006', Body: 'Grüße\nDer Lauf „Nachts" ist fertig.', ValidityPeriod: '90' },
    StatusCallback: 'https://app.example.com/sms',
  })
})

it('sends the short text if there is one, to the address of the sender, from a messaging service', async () => {
  const from = `MG${'0'.repeat(32)}`
  const content = { title: 'T', body: 'B', html: null, short: '123456 is your code.' }
  receiver.answer = { status: 201 }
  expect(await outcomeOf(start({ from }), message({ address: '+12025550123', content }))).toEqual({ kind: 'delivered' })
  expect(form()).toEqual({ To: '+12025550123', MessagingServiceSid: from, Body: '123456 is your code.' })
})

it.each([
  [21211, true],
  [21610, true],
  [21614, true],
  [21408, false],
  [30007, false],
])('error %i of the provider decides whether the number is forgotten', async (code, isForgotten) => {
  const channel = start()
  receiver.answer = { status: 400, body: JSON.stringify({ code, message: 'canary', status: 400 }) }
  const outcome = await outcomeOf(channel)
  expect(outcome).toMatchObject({ kind: 'refused', reason: expect.stringContaining(`(${code})`) as string })
  expect('forgetTarget' in outcome).toBe(isForgotten)
  expect(JSON.stringify(outcome)).not.toContain('canary')
  if (isForgotten) expect(outcome).toMatchObject({ address: NUMBER })
  await channel.forget?.(USER, null, '+447911654321')
  expect(await channel.targets(USER)).toEqual([null])
  await channel.forget?.(USER, null, NUMBER)
  expect([await outcomeOf(channel), await channel.targets(USER)]).toEqual([{ kind: 'unreachable' }, []])
})

describe('a text', () => {
  it.each([
    ['', 1],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    // An escaped character is not divided: 76 of them fit into 153 places.
    ['€'.repeat(153), 3],
    ['ж'.repeat(70), 1],
    ['ж'.repeat(71), 2],
    ['ж'.repeat(135), 3],
    ['👍'.repeat(35), 1],
    ['👍'.repeat(67), 3],
  ])('%j takes %i messages', (text, count) => {
    expect(segmentsOf(text)).toBe(count)
  })

  it('has plain quotation marks and dashes, so that it takes half as much', () => {
    expect(toSms('It’s “done” – see…', 3)).toBe(`It's "done" - see...`)
  })

  it.each([
    ['a'.repeat(1000), 1, 160],
    ['a'.repeat(1000), 3, 459],
    ['ж'.repeat(1000), 2, 134],
    ['👨‍👩‍👧'.repeat(100), 1, 67],
  ])('is cut off where the last message ends', (text, most, length) => {
    const sms = toSms(text, most)
    expect([segmentsOf(sms), sms.length]).toEqual([most, length])
    expect([text.startsWith(sms.slice(0, -3)), sms.endsWith('...')]).toEqual([true, true])
  })
})

it.each([
  ['+447911123456', '+447911'],
  ['+12025550123', '+12025'],
  ['+4915112345678', '+491511'],
  ['+442079460958', null],
  ['+19005551234', null],
  ['+18005551234', null],
  ['+33892123456', null],
  ['00447911123456', null],
  ['+44 7911 123456', null],
  ['+44791112345', null],
  ['+447911123456;ext=1', null],
  ['', null],
])('%s is a mobile number that begins with %s, or none', async (text, prefix) => {
  expect(await readPhoneNumber(text)).toEqual(prefix === null ? null : { number: text, prefix })
})
