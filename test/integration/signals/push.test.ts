import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { keyCommands, partOf } from '../../support/keys.js'
import { startInstance } from '../../support/service.js'
import {
  CREATE_STREAM,
  ISSUER,
  recordEvent,
  type SignalService,
  startReceiver,
  startSignalService,
} from '../../support/signals.js'
import { until } from '../../support/wait.js'

let service: SignalService
let user: { id: string }

/** Another process would have this key too late: tests rotate to one that signs at once. */
const JWKS_CACHE_TTL = '10'

beforeAll(async () => {
  service = await startSignalService({ JWKS_CACHE_TTL })
  user = await service.register()
})
afterAll(() => service.stop())

const SECRET = 'Bearer secret-of-the-receiver'
const NODE = `query ($id: ID!) { node(id: $id) { ... on SignalStream {
  waiting refused acceptedAt failedAt failure status hasAuthorizationHeader } } }`

const stateOf = async (id: string) => (await service.ask(NODE, { id }))['node'] as Record<string, unknown>

/** A receiver with a stream of its own. */
async function startStream(answer: Parameters<typeof startReceiver>[0], input: object = {}) {
  const receiver = await startReceiver(answer)
  const stream = await service.createStream({ delivery: 'PUSH', endpointUrl: receiver.url, ...input })
  onTestFinished(async () => {
    await service.ask('mutation ($id: ID!) { deleteSignalStream(id: $id) }', { id: stream.id })
    await receiver.stop()
  })
  return { ...receiver, ...stream }
}

const setStatus = (id: string, status: string) =>
  service.ask('mutation ($input: UpdateSignalStreamInput!) { updateSignalStream(input: $input) { status } }', {
    input: { id, status },
  })

const accepting = () => ({ status: 202 })
const changePassword = () => recordEvent(service, user.id, 'password.changed', { by: 'user' })

describe('a push', () => {
  it('carries a token and the header of the receiver, and is done once it is accepted', async () => {
    const { requests, id } = await startStream(accepting, { authorizationHeader: SECRET })
    await changePassword()
    await until('it has arrived', async () => (await stateOf(id))['acceptedAt'])
    expect(requests).toHaveLength(1)
    const { headers, body } = requests[0]!
    expect(headers).toMatchObject({ 'content-type': 'application/secevent+jwt', authorization: SECRET })
    const { type, event } = await service.verifyToken(body)
    expect(type).toBe('https://schemas.openid.net/secevent/caep/event-type/credential-change')
    expect(event).toMatchObject({ credential_type: 'password', change_type: 'update' })
    expect(await stateOf(id)).toMatchObject({ waiting: 0, refused: 0, failure: null, hasAuthorizationHeader: true })
    const rows = await service.database.query('SELECT HEX(sealed_authorization) AS sealed FROM signal_streams', [])
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('secret-of').toString('hex').toUpperCase())
  })

  it('is tried again after a failure, with the same claims and the key that signs then', async () => {
    let isDown = true
    const { requests, id } = await startStream(() => ({ status: isDown ? 500 : 202 }))
    await changePassword()
    await until('it has failed', async () => (await stateOf(id))['failure'] === 'The receiver answered 500.')
    const before = await service.verifyToken(requests[0]!.body)
    const earlier = new Date(Date.now() - 25_000)
    const { key } = await keyCommands(service.keys.path, { JWKS_CACHE_TTL }, () => earlier).rotate()
    await until(
      'the new key signs',
      async () => partOf((await service.login(service.admin)).token, 0)['kid'] === key.kid,
    )
    isDown = false
    await until('it has arrived', async () => (await stateOf(id))['waiting'] === 0)
    const after = await service.verifyToken(requests.at(-1)!.body)
    expect(after.payload).toEqual(before.payload)
    expect(after.header.kid).toBe(key.kid)
    expect(before.header.kid).not.toBe(key.kid)
  })

  it('is not repeated if the receiver refuses it, and the refusal is recorded', async () => {
    const refusal = { err: 'invalid_audience', description: 'Not\nfor me' }
    const { requests, id } = await startStream(() => ({ status: 400, body: JSON.stringify(refusal) }))
    await changePassword()
    await until('it is refused', async () => (await stateOf(id))['refused'] === 1)
    expect(await stateOf(id)).toMatchObject({ waiting: 0, failure: 'invalid_audience: Not for me' })
    await service.ask('mutation ($id: ID!) { requestSignalVerification(id: $id) }', { id })
    await until('the next one is pushed', () => requests.length >= 2)
    expect(new Set(requests.map(({ body }) => body)).size).toBe(2)
  })

  it('verifies a stream: an administrator requests an event with a state', async () => {
    const { requests, id } = await startStream(accepting)
    const query = 'mutation ($id: ID!, $state: String) { requestSignalVerification(id: $id, state: $state) }'
    await service.ask(query, { id, state: 'as agreed' })
    await until('it has arrived', () => requests.length > 0)
    const { payload, event } = await service.verifyToken(requests[0]!.body)
    expect(event).toEqual({ state: 'as agreed' })
    expect(payload['sub_id']).toEqual({ format: 'opaque', id })
  })

  it('informs the receiver of a pause and its end, and holds what happens between', async () => {
    const { requests, id } = await startStream(accepting)
    await setStatus(id, 'PAUSED')
    await changePassword()
    await until('it is held', async () => requests.length === 1 && (await stateOf(id))['waiting'] === 1)
    await setStatus(id, 'ENABLED')
    await until('all have arrived', () => requests.length === 3)
    const events = await Promise.all(requests.map(async ({ body }) => (await service.verifyToken(body)).event))
    expect(events.map(({ status = 'changed' }) => status).toSorted()).toEqual(['changed', 'enabled', 'paused'])
    expect(events[0]).toEqual({ status: 'paused' })
  })

  it('of several instances one pushes each signal, and those of a user that were held in their order', async () => {
    const other = await startInstance(service.environment)
    onTestFinished(() => other.stop())
    const { requests, id } = await startStream(accepting)
    await setStatus(id, 'PAUSED')
    const users = await Promise.all([1, 2, 3, 4].map(() => service.register()))
    const recorded = new Map<string, string[]>(users.map((one) => [one.id, []]))
    for (let i = 0; i < 5; i++)
      for (const one of users)
        recorded.get(one.id)!.push(await recordEvent(service, one.id, 'password.changed', { by: 'user' }))
    await until('all are held', async () => requests.length === 1 && (await stateOf(id))['waiting'] === 20)
    await setStatus(id, 'ENABLED')
    await until('all have arrived', async () => (await stateOf(id))['waiting'] === 0)
    const arrived = new Map<string, string[]>(users.map((one) => [one.id, []]))
    for (const { body } of requests) {
      const { payload } = await service.verifyToken(body)
      if (payload['sub_id'].format === 'iss_sub') arrived.get(payload['sub_id'].sub)!.push(payload['txn'])
    }
    expect(arrived).toEqual(recorded)
  })
})

describe('a stream', () => {
  const url = 'https://receiver.example.com/events'
  const push = { audience: 'a', delivery: 'PUSH', endpointUrl: url }

  it.each([
    ['a private address', { ...push, endpointUrl: 'https://10.0.0.1/' }, 'endpointUrl'],
    ['plain HTTP', { ...push, endpointUrl: 'http://receiver.example.com/' }, 'endpointUrl'],
    ['a push without a URL', { ...push, endpointUrl: null }, 'endpointUrl'],
    ['a poll with a URL', { ...push, delivery: 'POLL' }, 'endpointUrl'],
    ['a header of two lines', { ...push, authorizationHeader: 'a\r\nb: c' }, 'authorizationHeader'],
    ['an empty audience', { ...push, audience: ' ' }, 'audience'],
    ['no events', { ...push, events: [] }, 'events'],
  ])('is refused: %s', async (_, input, path) => {
    const { code, errors, text } = await service.graphql(CREATE_STREAM, { input }, service.admin.token)
    expect(code).toBe('INVALID_INPUT')
    expect(errors[0]!.extensions.fields!.map((field) => field.path)).toEqual([path])
    expect(text).not.toContain('10.0.0.1')
  })

  it('is only for administrators', async () => {
    const { token } = await service.signUp()
    const id = user.id
    for (const [query, variables] of [
      [CREATE_STREAM, { input: push }],
      ['{ signalStreams { edges { cursor } } }', {}],
      ['mutation ($id: ID!) { updateSignalStream(input: { id: $id }) { id } }', { id }],
      ['mutation ($id: ID!) { rotateSignalStreamToken(id: $id) { token } }', { id }],
      ['mutation ($id: ID!) { deleteSignalStream(id: $id) }', { id }],
      ['mutation ($id: ID!) { requestSignalVerification(id: $id) }', { id }],
    ] as const) {
      expect((await service.graphql(query, variables, token)).code).toBe('FORBIDDEN')
      if (query.includes('$id'))
        expect((await service.graphql(query, variables, service.admin.token)).code).toBe('NOT_FOUND')
    }
    const { id: streamId } = await service.createStream(push)
    expect(
      (await service.succeed('query ($id: ID!) { node(id: $id) { id } }', { id: streamId }, token))['node'],
    ).toBeNull()
  })

  it('delivers those of the requested events that the service knows, and is listed', async () => {
    const events = ['https://schemas.openid.net/secevent/risc/event-type/account-purged', 'urn:example:type_4']
    const { id } = await service.createStream({ ...push, events, description: 'For a test' })
    const list = `query ($after: ID) { signalStreams(last: 1, before: $after) { pageInfo { hasPreviousPage }
      edges { node { id description eventsRequested eventsDelivered } } } }`
    const { edges, pageInfo } = (await service.ask(list))['signalStreams']
    expect(edges).toEqual([
      { node: { id, description: 'For a test', eventsRequested: events, eventsDelivered: events.slice(0, 1) } },
    ])
    expect(pageInfo).toEqual({ hasPreviousPage: true })
  })

  it('leaves entries in the audit log, without secrets', async () => {
    const { id } = await service.createStream({ ...push, authorizationHeader: SECRET })
    const update =
      'mutation ($input: UpdateSignalStreamInput!) { updateSignalStream(input: $input) { hasAuthorizationHeader } }'
    const changed = await service.ask(update, { input: { id, authorizationHeader: null, status: 'PAUSED' } })
    expect(changed['updateSignalStream']).toEqual({ hasAuthorizationHeader: false })
    await service.ask('mutation ($id: ID!) { rotateSignalStreamToken(id: $id) { token } }', { id })
    await service.ask('mutation ($id: ID!) { deleteSignalStream(id: $id) }', { id })
    const query =
      'query ($id: ID!) { auditLog(filter: { actorId: $id }, first: 4) { edges { node { action facts { name value } } } } }'
    const { edges } = (await service.ask(query, { id: service.admin.id }))['auditLog']
    const entries = edges as { node: { action: string } }[]
    expect(entries.map(({ node }) => node.action)).toEqual([
      'DELETE_SIGNAL_STREAM',
      'ROTATE_SIGNAL_STREAM_TOKEN',
      'UPDATE_SIGNAL_STREAM',
      'CREATE_SIGNAL_STREAM',
    ])
    expect(edges[2].node.facts).toEqual(
      expect.arrayContaining([
        { name: 'fields', value: 'authorizationHeader status' },
        { name: 'status', value: 'paused' },
      ]),
    )
    expect(JSON.stringify(edges)).not.toContain('secret-of')
  })

  it('loses what its receiver has not fetched within SIGNAL_RETENTION', async () => {
    const { id } = await service.createStream({ delivery: 'POLL' })
    await service.ask('mutation ($id: ID!) { requestSignalVerification(id: $id) }', { id })
    await service.database.query(
      'UPDATE signals SET created_at = UTC_TIMESTAMP(3) - INTERVAL 604801 SECOND WHERE stream_id = ?',
      [id],
    )
    await service.app.background.purge()
    expect(await stateOf(id)).toMatchObject({ waiting: 0 })
  })
})

describe('the configuration document', () => {
  it('has what SSF 1.0 requires', async () => {
    const response = await fetch(`${service.url}/.well-known/ssf-configuration`)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({
      spec_version: '1_0',
      issuer: ISSUER,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
      configuration_endpoint: `${ISSUER}/ssf/streams`,
      status_endpoint: `${ISSUER}/ssf/status`,
      verification_endpoint: `${ISSUER}/ssf/verification`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: 'ALL',
    })
  })

  it('does not exist without a key', async () => {
    const plain = await startInstance(
      { ...service.environment, KEYS_DIR: '', JWT_SECRET: 'j'.repeat(32) },
      { alone: true },
    )
    onTestFinished(() => plain.stop())
    const response = await fetch(`${plain.url}/.well-known/ssf-configuration`)
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('KEYS_DIR')
    expect((await fetch(`${plain.url}/ssf/streams`)).status).toBe(404)
  })
})
