import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { PUSH_SERVICES } from '../../src/channels/web-push/push-services.js'
import { channelProblems, channelVariables } from '../../src/config/channel-variables.js'

const pem = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const COMPLETE = {
  ...{ SMS_URL: 'https://api.twilio.com', SMS_ACCOUNT: 'AC1', SMS_TOKEN: 't', SMS_FROM: 'Example' },
  ...{ VAPID_PRIVATE_KEY: Buffer.alloc(32, 1).toString('base64url'), VAPID_SUBJECT: 'mailto:ops@example.com' },
  ...{ APNS_KEY: pem('P-256'), APNS_KEY_ID: 'KEY0000001', APNS_TEAM_ID: 'TEAM000001', APNS_TOPIC: 'com.example' },
}

it('without variables, all channels are off', () => {
  const read = channelVariables.parse({})
  expect(read).toMatchObject({ SMS_MAX_SEGMENTS: 3, SMS_CODES_PER_HOUR: 100, WEB_PUSH_HOSTS: PUSH_SERVICES })
  for (const name of ['SMS_URL', 'VAPID_PRIVATE_KEY', 'FCM_SERVICE_ACCOUNT', 'APNS_KEY'])
    expect(read).not.toHaveProperty(name)
  expect(channelProblems({})).toEqual([])
})

it('knows push services by their hosts, and by a port other than 443', () => {
  const { WEB_PUSH_HOSTS } = channelVariables.parse({ WEB_PUSH_HOSTS: 'push.example.com:443,*.push.internal:8443' })
  expect(WEB_PUSH_HOSTS).toEqual(['push.example.com', '*.push.internal:8443'])
})

it('takes what providers give out', () => {
  expect(channelVariables.safeParse(COMPLETE).success).toBe(true)
  expect(channelProblems({ ...COMPLETE, NODE_ENV: 'production' })).toEqual([])
})

it.each([
  ['SMS_URL', 'api.twilio.com'],
  ['SMS_URL', 'https://user:password@api.twilio.com'],
  ['VAPID_PRIVATE_KEY', 'AAAA'],
  ['VAPID_SUBJECT', 'ops@example.com'],
  ['WEB_PUSH_HOSTS', 'https://fcm.googleapis.com'],
  ['WEB_PUSH_HOSTS', 'fcm.*.com'],
  ['WEB_PUSH_HOSTS', 'push.internal:0'],
  ['WEB_PUSH_HOSTS', 'push.internal:https'],
  ['FCM_SERVICE_ACCOUNT', '{"type":"service_account"}'],
  ['FCM_SERVICE_ACCOUNT', '/no/such/file.json'],
  ['APNS_KEY', 'no key'],
  ['APNS_KEY', pem('P-384')],
  ['APNS_KEY_ID', 'key0000001'],
])('%s refuses %j', (name, value) => {
  const { error } = channelVariables.safeParse({ [name]: value })
  expect(error?.issues.map(({ path }) => path[0])).toEqual([name])
  expect(error?.message).not.toContain('password')
})

it('names what is missing, and refuses plain HTTP in production', () => {
  const one = { SMS_URL: 'http://sms.internal', VAPID_SUBJECT: 'mailto:ops@example.com', NODE_ENV: 'production' }
  expect(channelProblems(one)).toEqual([
    ...['SMS_URL needs SMS_ACCOUNT', 'SMS_URL needs SMS_TOKEN', 'SMS_URL needs SMS_FROM'],
    ...['VAPID_SUBJECT needs VAPID_PRIVATE_KEY', 'SMS_URL must start with https:// in production'],
  ])
})
