import { generateKeyPairSync } from 'node:crypto'
import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import { unguarded } from '@postern/service/breakers'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAccessTokens } from '../../src/channels/fcm/access-token.js'
import { createFcm } from '../../src/channels/fcm/fcm.js'
import { readServiceAccount } from '../../src/channels/fcm/service-account.js'
import { createHttp2Requests } from '../../src/channels/http2-requests.js'
import { DEVICE, message, oneDevice, outcomeOf, USER } from './messages.js'
import { type Http2Receiver, type Receiver, startHttp2Receiver, startReceiver } from './receivers.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

let [google, fcm] = [] as unknown as [Receiver, Http2Receiver]
let http: ReturnType<typeof createHttp2Requests>
let now = Date.now()

beforeAll(async () => {
  google = await startReceiver()
  fcm = await startHttp2Receiver()
  http = createHttp2Requests({ origin: fcm.url, ca: fcm.ca })
})
afterAll(async () => {
  http.close()
  await google.close()
  await fcm.close()
})

const keyFile = () => ({
  ...{ type: 'service_account', project_id: 'project-1', private_key_id: 'key-1' },
  client_email: 'postern@project-1.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  token_uri: `${google.url}/token`,
})

function start() {
  const account = readServiceAccount(JSON.stringify(keyFile()))!
  const { send } = createOutboundRequests({ allowedHosts: ['127.0.0.1'] })
  const tokens = createAccessTokens({ account, send, now: () => now })
  return createFcm({
    ...{ devices: oneDevice('registration-token'), http, guard: unguarded, tokens },
    ...{ projectId: account.projectId, now: () => now },
  })
}

/** Google gives out `token-1`, `token-2` and so on. */
function giveTokens(seconds = 3600) {
  google.received.length = 0
  google.answer = () => ({
    status: 200,
    body: JSON.stringify({
      access_token: `token-${google.received.length}`,
      expires_in: seconds,
      token_type: 'Bearer',
    }),
  })
}

const error = (status: number, errorCode: string, more: object[] = []) => ({
  status,
  body: JSON.stringify({
    error: {
      ...{ code: status, message: 'canary', status: 'X' },
      details: [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }, ...more],
    },
  }),
})

it('sends a message with the access token of the service account', async () => {
  giveTokens()
  fcm.answer = { status: 200, body: '{"name":"projects/project-1/messages/0:1"}' }
  const channel = start()
  expect(await channel.targets(USER)).toEqual([DEVICE])
  const outcome = await outcomeOf(channel, message({ expiresAt: new Date(now + 60_000), category: 'SECURITY' }))
  expect(outcome).toEqual({ kind: 'delivered', providerId: 'projects/project-1/messages/0:1' })
  const { path, headers, body } = fcm.received.at(-1)!
  expect([path, headers.authorization]).toEqual(['/v1/projects/project-1/messages:send', 'Bearer token-1'])
  expect(JSON.parse(body.toString())).toEqual({
    message: {
      token: 'registration-token',
      android: { priority: 'high', ttl: '60s', collapse_key: expect.stringMatching(/^[\w-]{32}$/) as string },
      notification: { title: 'Grüße', body: 'Der Lauf „Nachts" ist fertig.' },
      data: { notificationId: message().notificationId, category: 'SECURITY', link: 'https://app.example.com/runs/7' },
    },
  })
  const form = new URLSearchParams(google.received[0]?.body.toString())
  expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  const { payload, protectedHeader } = await jwtVerify(form.get('assertion') ?? '', publicKey, {
    ...{ audience: `${google.url}/token`, issuer: keyFile().client_email, algorithms: ['RS256'] },
  })
  expect(payload['scope']).toBe('https://www.googleapis.com/auth/firebase.messaging')
  expect(protectedHeader.kid).toBe('key-1')
})

it('asks for one access token at a time, keeps it until it expires, and replaces one that FCM refuses', async () => {
  giveTokens()
  fcm.answer = { status: 200, body: '{}' }
  const channel = start()
  const used = () => fcm.received.at(-1)!.headers.authorization
  await Promise.all(Array.from({ length: 10 }, () => outcomeOf(channel)))
  expect(google.received).toHaveLength(1)
  now += 56 * 60_000
  await outcomeOf(channel)
  expect(used()).toBe('Bearer token-2')
  fcm.answer = { status: 401, body: '{"error":{"status":"UNAUTHENTICATED"}}' }
  expect(await outcomeOf(channel)).toMatchObject({ kind: 'again', failure: 'FCM answered 401.' })
  fcm.answer = { status: 200, body: '{}' }
  expect(await outcomeOf(channel)).toEqual({ kind: 'delivered' })
  expect([used(), google.received.length]).toEqual(['Bearer token-3', 3])
})

it('tries again while Google gives no access token, and says nothing of what it has answered', async () => {
  google.answer = { status: 400, body: '{"error":"invalid_grant","error_description":"canary"}' }
  expect(await outcomeOf(start())).toEqual({
    ...{ kind: 'again', failure: 'Google gave no access token (400).', retryAfter: undefined },
  })
  google.answer = 'close'
  expect(await outcomeOf(start())).toMatchObject({
    kind: 'again',
    failure: expect.stringContaining("can't be reached") as string,
  })
})

it.each([
  ['UNREGISTERED', error(404, 'UNREGISTERED'), { kind: 'refused', forgetTarget: true }],
  [
    'SENDER_ID_MISMATCH',
    error(403, 'SENDER_ID_MISMATCH'),
    { kind: 'again', failure: 'The device is of another project than FCM_SERVICE_ACCOUNT.' },
  ],
  [
    'a token that is none',
    error(400, 'INVALID_ARGUMENT', [{ fieldViolations: [{ field: 'message.token' }] }]),
    { kind: 'refused', forgetTarget: true },
  ],
  [
    'another bad argument',
    error(400, 'INVALID_ARGUMENT', [{ fieldViolations: [{ field: 'message.android.ttl' }] }]),
    { kind: 'refused', reason: 'FCM answered 400 (INVALID_ARGUMENT).' },
  ],
  ['QUOTA_EXCEEDED', error(429, 'QUOTA_EXCEEDED'), { kind: 'again', failure: 'FCM answered 429 (QUOTA_EXCEEDED).' }],
  ['UNAVAILABLE', error(503, 'UNAVAILABLE'), { kind: 'again', failure: 'FCM answered 503 (UNAVAILABLE).' }],
])('%s', async (_, answer, expected) => {
  giveTokens()
  fcm.answer = answer
  const outcome = await outcomeOf(start())
  expect(outcome).toMatchObject(expected)
  expect('forgetTarget' in outcome).toBe('forgetTarget' in expected)
  expect(JSON.stringify(outcome)).not.toContain('canary')
})

it('reads no key file that lacks something', () => {
  for (const name of Object.keys(keyFile()).filter((each) => each !== 'type'))
    expect(readServiceAccount(JSON.stringify({ ...keyFile(), [name]: undefined })), name).toBeNull()
  for (const text of ['', 'no JSON', '[]', JSON.stringify({ ...keyFile(), private_key: 'no key' })])
    expect(readServiceAccount(text)).toBeNull()
})
