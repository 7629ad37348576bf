import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER, recordEvent, type SignalService, startSignalService } from '../../support/signals.js'
import { until } from '../../support/wait.js'

let service: SignalService
let user: { id: string }
let stream: { id: string; token: string }

const SESSION = '0193f0a0-0000-7000-8000-000000000001'
const REVOKED = { sessionId: SESSION, except: null, reason: 'logout' }

beforeAll(async () => {
  service = await startSignalService()
  user = await service.register()
})
afterAll(() => service.stop())

beforeEach(async () => {
  stream = await service.createStream({ delivery: 'POLL' })
})

const poll = (body: unknown, { id, token } = stream) => service.call('POST', `/ssf/poll/${id}`, token, body)

/** Polls until there are `count` tokens. */
const waitFor = (count: number): Promise<string[]> =>
  until(`${count} signals`, async (): Promise<string[] | null> => {
    const tokens: string[] = Object.values((await poll({ returnImmediately: true })).json.sets)
    return tokens.length >= count ? tokens : null
  })

describe('a poll', () => {
  it('returns a session-revoked event as CAEP 1.0 shows it, again until it is acknowledged', async () => {
    const eventId = await recordEvent(service, user.id, 'session.revoked', REVOKED)
    const [token] = await waitFor(1)
    const { header, payload, type, event } = await service.verifyToken(token!)
    expect(header).toEqual({ alg: 'ES256', typ: 'secevent+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      jti: expect.stringMatching(/^[\da-f]{32}$/),
      iat: expect.any(Number),
      txn: eventId,
      sub_id: {
        format: 'complex',
        user: { format: 'iss_sub', iss: ISSUER, sub: user.id },
        session: { format: 'opaque', id: SESSION },
      },
      events: { [type]: event },
    })
    expect(type).toBe('https://schemas.openid.net/secevent/caep/event-type/session-revoked')
    expect(event).toEqual({
      event_timestamp: expect.any(Number),
      initiating_entity: 'user',
      reason_admin: { en: 'The user signed out.' },
    })
    const again = await poll({ returnImmediately: true })
    expect(Object.keys(again.json.sets)).toEqual([payload.jti])
    // RFC 8936, section 2.4.2: an acknowledgement that wants no signals.
    expect((await poll({ ack: [payload.jti], maxEvents: 0 })).json).toEqual({ sets: {} })
    expect((await poll({ returnImmediately: true })).json).toEqual({ sets: {} })
  })

  it('returns what is described in CAEP 1.0 and RISC 1.0 for each kind of event', async () => {
    const all = { sessionId: null, reason: 'password_changed' }
    await recordEvent(service, user.id, 'session.revoked', { ...all, except: SESSION })
    await recordEvent(service, user.id, 'password.changed', { by: 'reset' })
    await recordEvent(service, user.id, 'user.disabled', { by: 'operator' })
    await recordEvent(service, user.id, 'user.enabled', { by: 'operator' })
    await recordEvent(service, user.id, 'user.deleted', { by: 'user' })
    await recordEvent(service, user.id, 'user.logged_in', { sessionId: SESSION, newDevice: false })
    const verified = await Promise.all((await waitFor(5)).map((token) => service.verifyToken(token)))
    const subject = { format: 'iss_sub', iss: ISSUER, sub: user.id }
    expect(verified.map(({ payload }) => payload['sub_id'])).toEqual(Array(5).fill(subject))
    const events = Object.fromEntries(verified.map(({ type, event }) => [type.split('/').slice(4).join('/'), event]))
    const at = { event_timestamp: expect.any(Number) }
    expect(events).toEqual({
      'caep/event-type/session-revoked': {
        ...at,
        initiating_entity: 'user',
        reason_admin: { en: 'The password was changed.' },
        except_session: { format: 'opaque', id: SESSION },
      },
      'caep/event-type/credential-change': {
        ...at,
        credential_type: 'password',
        change_type: 'update',
        initiating_entity: 'user',
        reason_admin: { en: 'The password was reset by mail.' },
      },
      'risc/event-type/account-disabled': at,
      'risc/event-type/account-enabled': at,
      'risc/event-type/account-purged': at,
    })
    for (const { payload } of verified) {
      expect(payload).not.toHaveProperty('sub')
      expect(payload).not.toHaveProperty('exp')
    }
  })

  it('returns a change of credentials for a passkey, with its model', async () => {
    const aaguid = 'd548826e-79b4-db40-a3d8-11116f7e8349'
    const facts = { passkeyId: user.id, aaguid, provider: 'Bitwarden' }
    await recordEvent(service, user.id, 'passkey.added', { ...facts, attachment: 'platform' })
    await recordEvent(service, user.id, 'passkey.removed', { ...facts, attachment: 'roaming' })
    const verified = await Promise.all((await waitFor(2)).map((token) => service.verifyToken(token)))
    const changes = verified.map(({ event }) => event)
    expect(
      new Set(changes.map((change) => `${String(change['credential_type'])} ${String(change['change_type'])}`)),
    ).toEqual(new Set(['fido2-platform create', 'fido2-roaming delete']))
    for (const change of changes) expect(change).toMatchObject({ fido2_aaguid: aaguid, initiating_entity: 'user' })
  })

  it('says which credential a second factor is, and who has changed it', async () => {
    await recordEvent(service, user.id, 'mfa.enabled', { method: 'totp' })
    await recordEvent(service, user.id, 'mfa.disabled', { by: 'operator' })
    await recordEvent(service, user.id, 'recovery_codes.replaced', { by: 'user' })
    const verified = await Promise.all((await waitFor(3)).map((token) => service.verifyToken(token)))
    expect(
      verified.map(({ event }) => [event['credential_type'], event['change_type'], event['initiating_entity']]),
    ).toEqual(
      expect.arrayContaining([
        ['app', 'create', 'user'],
        ['app', 'delete', 'admin'],
        ['recovery-code', 'update', 'user'],
      ]),
    )
  })

  it('returns the oldest first, as many as were requested, and says that there are more', async () => {
    for (const reason of ['logout', 'logout_all', 'session_revoked'])
      await recordEvent(service, user.id, 'session.revoked', { ...REVOKED, reason })
    await waitFor(3)
    const first = await poll({ maxEvents: 2 })
    expect(first.json.moreAvailable).toBe(true)
    const jtis = Object.keys(first.json.sets)
    const reasons = await Promise.all(
      Object.values<string>(first.json.sets).map(
        async (token) => (await service.verifyToken(token)).event['reason_admin'],
      ),
    )
    expect(reasons).toEqual([{ en: 'The user signed out.' }, { en: 'The user signed out everywhere.' }])
    // RFC 8936, section 2.4.3: an acknowledgement with the next poll.
    const second = await poll({ ack: jtis, returnImmediately: false })
    expect(Object.keys(second.json.sets)).toHaveLength(1)
    expect(second.json).not.toHaveProperty('moreAvailable')
  })

  it('records errors of the receiver, and does not return their signals again', async () => {
    await recordEvent(service, user.id, 'password.changed', { by: 'user' })
    const [token] = await waitFor(1)
    const { jti } = (await service.verifyToken(token!)).payload
    const error = { err: 'authentication_failed', description: 'The SET could not be authenticated' }
    // RFC 8936, section 2.4.4.
    const answer = await poll({ setErrs: { [jti!]: error }, returnImmediately: true })
    expect(answer.json).toEqual({ sets: {} })
    const query = 'query ($id: ID!) { node(id: $id) { ... on SignalStream { waiting refused failure } } }'
    expect((await service.ask(query, { id: stream.id }))['node']).toEqual({
      waiting: 0,
      refused: 1,
      failure: 'authentication_failed: The SET could not be authenticated',
    })
  })

  it('waits for a signal if there is none', async () => {
    const waiting = poll({})
    await recordEvent(service, user.id, 'password.changed', { by: 'user' })
    expect(Object.keys((await waiting).json.sets)).toHaveLength(1)
  })

  it('acknowledges nothing of another stream', async () => {
    await recordEvent(service, user.id, 'password.changed', { by: 'user' })
    const [token] = await waitFor(1)
    const { jti } = (await service.verifyToken(token!)).payload
    const other = await service.createStream({ delivery: 'POLL' })
    await poll({ ack: [jti], setErrs: { [jti!]: { err: 'x' } }, maxEvents: 0 }, other)
    expect(await waitFor(1)).toHaveLength(1)
    expect((await poll({}, { id: stream.id, token: other.token })).status).toBe(404)
  })

  it('ignores acknowledgements and errors of what it has not sent', async () => {
    const unknown = ['ü', 'x'.repeat(255), '0'.repeat(32), '__proto__']
    const setErrs = Object.fromEntries(unknown.map((jti) => [jti, { err: 'invalid_request' }]))
    const { status, json } = await poll({ ack: unknown, setErrs, returnImmediately: true })
    expect({ status, json }).toEqual({ status: 200, json: { sets: {} } })
  })

  it.each([
    ['no JSON', '{', 'The request body is not valid JSON.'],
    ['a negative maxEvents', { maxEvents: -1 }, 'maxEvents'],
    ['acknowledgements that are no list', { ack: 'x' }, 'ack'],
    ['errors without a code', { setErrs: { x: {} } }, 'setErrs'],
    [
      'thousands of wrong errors',
      { setErrs: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [i, 0])) },
      'must have at most',
    ],
    ['a list', [], ''],
  ])('refuses %s', async (_, body, message) => {
    const { status, json } = await poll(body)
    expect({ status, err: json.err }).toEqual({ status: 400, err: 'invalid_request' })
    expect(json.description).toContain(message)
  })
})

describe('the token of a receiver', () => {
  it.each([
    ['nothing', null],
    ['another text', 'ssf_x'],
    ['a token of no stream', `ssf_${'A'.repeat(43)}`],
  ])('is required: %s is refused', async (_, token) => {
    for (const [method, path] of [
      ['POST', `/ssf/poll/${stream.id}`],
      ['GET', '/ssf/streams'],
      ['GET', `/ssf/status?stream_id=${stream.id}`],
      ['POST', '/ssf/verification'],
    ] as const) {
      const answer = await service.call(method, path, token, method === 'POST' ? {} : undefined)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  it('stops working when it is replaced, and when the stream is deleted', async () => {
    const query = 'mutation ($id: ID!) { rotateSignalStreamToken(id: $id) { token } }'
    const { token } = (await service.ask(query, { id: stream.id }))['rotateSignalStreamToken'] as { token: string }
    expect((await poll({ returnImmediately: true })).status).toBe(401)
    const next = { ...stream, token }
    expect((await poll({ returnImmediately: true }, next)).status).toBe(200)
    await service.ask('mutation ($id: ID!) { deleteSignalStream(id: $id) }', { id: stream.id })
    expect((await poll({ returnImmediately: true }, next)).status).toBe(401)
  })

  it('is stored as a hash', async () => {
    const rows = await service.database.query('SELECT * FROM signal_streams WHERE id = ?', [stream.id])
    expect(JSON.stringify(rows)).not.toContain(stream.token)
  })
})

describe('the management API', () => {
  const get = (path: string) => service.call('GET', path, stream.token)

  it('has the configuration of the stream, as SSF 1.0 shows it', async () => {
    const one = await get(`/ssf/streams?stream_id=${stream.id}`)
    expect(one.headers.get('cache-control')).toBe('no-store')
    expect(one.json).toEqual({
      stream_id: stream.id,
      iss: ISSUER,
      aud: AUDIENCE,
      delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: `${ISSUER}/ssf/poll/${stream.id}` },
      events_supported: expect.arrayContaining(one.json.events_delivered),
      events_requested: one.json.events_supported,
      events_delivered: one.json.events_supported,
      min_verification_interval: 30,
    })
    expect((await get('/ssf/streams')).json).toEqual([one.json])
    expect((await get('/ssf/streams?stream_id=x')).status).toBe(404)
  })

  it('says that only administrators create, change and delete streams', async () => {
    expect((await service.call('POST', '/ssf/streams', stream.token, {})).status).toBe(409)
    for (const method of ['PATCH', 'PUT'])
      expect((await service.call(method, '/ssf/streams', stream.token, { stream_id: stream.id })).status).toBe(403)
    const path = `/ssf/streams?stream_id=${stream.id}`
    expect((await service.call('DELETE', path, stream.token)).status).toBe(403)
    expect((await service.call('DELETE', '/ssf/streams', stream.token)).status).toBe(404)
  })

  it('sends a verification event with its state, but not too often', async () => {
    const state = 'VGhpcyBpcyBhbiBleGFtcGxlIHN0YXRlIHZhbHVlLgo='
    const request = { stream_id: stream.id, state }
    expect((await service.call('POST', '/ssf/verification', stream.token, request)).status).toBe(204)
    const [token] = await waitFor(1)
    const { payload, type, event } = await service.verifyToken(token!)
    expect(type).toBe('https://schemas.openid.net/secevent/ssf/event-type/verification')
    expect(event).toEqual({ state })
    expect(payload['sub_id']).toEqual({ format: 'opaque', id: stream.id })
    const again = await service.call('POST', '/ssf/verification', stream.token, request)
    expect(again.status).toBe(429)
    expect(again.headers.get('retry-after')).toBe('30')
    const other = { ...request, stream_id: 'x' }
    expect((await service.call('POST', '/ssf/verification', stream.token, other)).status).toBe(404)
  })

  it('pauses the stream, which holds its signals until it is enabled', async () => {
    const status = { stream_id: stream.id, status: 'paused', reason: 'Maintenance' }
    // Without a Content-Type, as in the example of SSF 1.0.
    const response = await fetch(`${service.url}/ssf/status`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stream.token}` },
      body: Buffer.from(JSON.stringify(status)),
    })
    expect(await response.json()).toEqual(status)
    expect((await get(`/ssf/status?stream_id=${stream.id}`)).json).toEqual(status)
    await recordEvent(service, user.id, 'password.changed', { by: 'user' })
    const query = 'query ($id: ID!) { node(id: $id) { ... on SignalStream { waiting } } }'
    await until('it is held', async () => (await service.ask(query, { id: stream.id }))['node'].waiting === 1)
    expect((await poll({ returnImmediately: true })).json).toEqual({ sets: {} })
    await service.call('POST', '/ssf/status', stream.token, { stream_id: stream.id, status: 'enabled' })
    expect(await waitFor(1)).toHaveLength(1)
  })

  it('does not enable what an administrator has disabled, of which the receiver is informed', async () => {
    await recordEvent(service, user.id, 'password.changed', { by: 'user' })
    await waitFor(1)
    const query = 'mutation ($input: UpdateSignalStreamInput!) { updateSignalStream(input: $input) { status waiting } }'
    const input = { id: stream.id, status: 'DISABLED', statusReason: 'Contract ended' }
    await service.ask(query, { input })
    const [token, ...others] = await waitFor(1)
    expect(others).toEqual([])
    const { type, event, payload } = await service.verifyToken(token!)
    expect(type).toBe('https://schemas.openid.net/secevent/ssf/event-type/stream-updated')
    expect(event).toEqual({ status: 'disabled', reason: 'Contract ended' })
    expect(payload['sub_id']).toEqual({ format: 'opaque', id: stream.id })
    const set = (status: string) => service.call('POST', '/ssf/status', stream.token, { stream_id: stream.id, status })
    expect((await set('disabled')).status).toBe(200)
    expect((await set('enabled')).status).toBe(403)
    expect((await service.call('POST', '/ssf/verification', stream.token, { stream_id: stream.id })).status).toBe(403)
  })
})

describe('a security event token', () => {
  it('is no access token, even if its audience is that of access tokens', async () => {
    const { id, token } = await service.createStream({ delivery: 'POLL', audience: 'postern' })
    await service.ask('mutation ($id: ID!) { requestSignalVerification(id: $id) }', { id })
    const [set] = Object.values<string>((await poll({}, { id, token })).json.sets)
    expect((await service.graphql('{ profile { id } }', {}, set)).code).toBe('UNAUTHENTICATED')
  })
})
