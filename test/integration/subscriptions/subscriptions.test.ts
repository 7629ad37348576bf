import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { connect as connectTo, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Account, unique } from '../../support/client.js'
import { page, signInFrom } from '../../support/cookies.js'
import { type Instance, type LogLine, type Service, startInstance, startService } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'
import { ACTIVITY, bearer, follow, overSse, overWebSocket, REVOKED, type Stream } from '../../support/subscriptions.js'
import { until } from '../../support/wait.js'

const ORIGIN = 'https://app.example.com'
const LIMITS = { SUBSCRIPTIONS_PER_USER: '3', SUBSCRIPTIONS_PER_ADDRESS: '6' }

let service: Service
let other: Instance
const lines: LogLine[] = []
const closers: (() => unknown)[] = []

beforeAll(async () => {
  const onLine = (line: LogLine) => void lines.push(line)
  service = await startService({ ALLOWED_ORIGINS: ORIGIN, LOG_LEVEL: 'info', ...LIMITS }, { onLine })
  other = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ...LIMITS })
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  await until('all connections are closed', async () => (await openOf(service)) === 0 && (await openOf(other)) === 0)
})
afterAll(async () => {
  await other.stop()
  await service.stop()
})

const metric = async (on: Instance, pattern: RegExp): Promise<number> => {
  const text = await on.app.metrics.text()
  return [...text.matchAll(new RegExp(pattern, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0)
}
const openOf = (on: Instance) => metric(on, /^postern_subscriptions\{.*\} (\d+)$/)

function socket(on: Instance, token: string, options?: Parameters<typeof overWebSocket>[2]) {
  const client = overWebSocket(on.url, bearer(token), options)
  closers.push(() => client.dispose())
  return client
}

const TRANSPORTS = {
  'a WebSocket': (on: Instance, token: string) => socket(on, token),
  'server-sent events'(on: Instance, token: string) {
    const client = overSse(on.url, bearer(token))
    closers.push(() => client.dispose())
    return client
  },
}

const logout = (on: Instance, token: string) => on.succeed('mutation { logout }', {}, token)
const areSignedIn = (on: Instance, { id }: { id: string }, count = 1) =>
  until('the connections are signed in', () => on.app.services.subscriptions.countOf(id) === count)

/** The protocol has no message for it: signs in and out elsewhere until an event says so. */
async function hasBegun(stream: Stream, account: Account): Promise<void> {
  await until('the subscription has begun', async () => {
    await logout(service, (await service.login(account)).token)
    return stream.events.length > 0
  })
}

const CHANGE_PASSWORD = `mutation ($password: String!) {
  updatePassword(input: { oldPassword: $password, newPassword: "battery staple", confirmNewPassword: "battery staple" }) {
    token
  }
}`
const PROVE = 'mutation ($password: String!) { reauthenticate(input: { password: $password }) { token } }'

describe.each(Object.entries(TRANSPORTS))('over %s', (transport, connect) => {
  const isSocket = transport === 'a WebSocket'

  it('a session learns at once that it was ended at another instance, and its connection is closed', async () => {
    const user = await service.signUp()
    const client = connect(service, user.token)
    const stream = await follow(client, REVOKED)
    await hasBegun(stream, user)
    const sessions = (await other.succeed('{ sessions { id } }', {}, user.token)).sessions as { id: string }[]
    await logout(other, user.token)
    await until('the stream has ended', stream.ended)
    expect(stream.events.at(-1)).toEqual({ sessionId: sessions[0]?.id, reason: 'LOGOUT', current: true })
    if (isSocket) expect(await (client as ReturnType<typeof socket>).closed()).toMatchObject({ code: 4401 })
    else expect(stream.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    expect(lines.findLast(({ msg }) => msg === 'subscriptions closed')).toMatchObject({
      reason: 'session_ended',
      userId: user.id,
      transport: isSocket ? 'websocket' : 'sse',
    })
  })

  it('the other sessions of the user learn of it too, and go on', async () => {
    const user = await service.signUp()
    const stream = await follow(connect(service, user.token), REVOKED)
    await hasBegun(stream, user)
    expect(stream.events[0]).toMatchObject({ reason: 'LOGOUT', current: false })
    expect(stream.ended()).toBeNull()
    stream.stop()
  })

  it('activity arrives in order, and never that of another user', async () => {
    const [user, stranger] = [await service.signUp(), await service.signUp()]
    const stream = await follow(connect(service, user.token), ACTIVITY)
    await hasBegun(stream, user)
    await other.succeed('mutation { logoutAll }', {}, stranger.token)
    const update = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
    await other.succeed(update, { input: { firstName: 'Ada' } }, user.token)
    const updates = () => stream.events.filter(({ action }) => action === 'UPDATE_PROFILE')
    await until('one entry has arrived', () => updates().length > 0)
    await service.succeed(update, { input: { firstName: unique() } }, user.token)
    await until('another one has arrived', () => updates().length > 1)
    const newest = '{ myActivity(first: 100) { edges { node { id action result actor } } } }'
    const own = (await service.succeed(newest, {}, user.token)).myActivity.edges as { node: object }[]
    // Everything that was delivered is in the list, in the same order and without a gap.
    expect(stream.events).toEqual(
      own
        .slice(0, stream.events.length)
        .map(({ node }) => node)
        .reverse(),
    )
    stream.stop()
  })

  it.each([
    ['a change of the password', CHANGE_PASSWORD],
    ['a new proof of who the user is', PROVE],
  ])('%s ends the connection of the session that it keeps, because its token is revoked', async (_, change) => {
    const user = await service.signUp()
    const client = connect(service, user.token)
    const stream = await follow(client, REVOKED)
    await areSignedIn(service, user)
    await service.succeed(change, { password: user.password }, user.token)
    await until('the stream has ended', stream.ended)
    expect(stream.events).toEqual([])
    if (isSocket) expect(await (client as ReturnType<typeof socket>).closed()).toMatchObject({ code: 4403 })
  })

  it('a revoked token is refused', async () => {
    const user = await service.signUp()
    await logout(service, user.token)
    const client = connect(service, user.token)
    const stream = await follow(client, REVOKED)
    await until('the stream has ended', stream.ended)
    expect(stream.events).toEqual([])
    if (isSocket) expect(await (client as ReturnType<typeof socket>).closed()).toMatchObject({ code: 4403 })
  })

  it('a user can have so many connections, and no more', async () => {
    const user = await service.signUp()
    const streams = []
    for (let count = 1; count <= 3; count++) {
      streams.push(await follow(connect(service, user.token), REVOKED))
      await areSignedIn(service, user, count)
    }
    const client = connect(service, user.token)
    const refused = await follow(client, REVOKED)
    await until('the stream has ended', refused.ended)
    if (isSocket) expect(await (client as ReturnType<typeof socket>).closed()).toMatchObject({ code: 4429 })
    for (const stream of streams) stream.stop()
  })

  it.each([
    ['a query', '{ profile { id } }', 'Only subscriptions are accepted here.'],
    ['two root fields', 'subscription { sessionRevoked { reason } accountActivity { id } }', 'exactly one root field'],
    [
      'a root field that is skipped',
      'subscription { sessionRevoked @skip(if: true) { reason } }',
      'exactly one root field',
    ],
    [
      'a root field that a variable can skip',
      'subscription ($skip: Boolean!) { sessionRevoked @skip(if: $skip) { reason } }',
      'exactly one root field',
    ],
    [
      'a document that is too deep',
      `subscription { accountActivity ${'{ facts '.repeat(20)} { name } ${'}'.repeat(20)} }`,
      'levels deep',
    ],
    ['an unknown field', 'subscription { nothing }', 'Cannot query field "nothing"'],
    ['a syntax error', 'subscription {', 'The GraphQL document has a syntax error.'],
  ])('%s is refused', async (_, query, message) => {
    const user = await service.signUp()
    const client = connect(service, user.token)
    const body = JSON.stringify({ query })
    if (isSocket) {
      const stream = await follow(client, query)
      await until('the stream has ended', stream.ended)
      expect(stream.errors[0].message).toContain(message)
      expect(stream.errors[0].extensions.requestId).toBeTruthy()
    } else {
      const headers = { 'content-type': 'application/json', ...bearer(user.token) }
      const answer = await fetch(`${service.url}/graphql/stream`, { method: 'POST', headers, body })
      expect(answer.status).toBe(400)
      expect((await answer.json()) as object).toMatchObject({
        errors: [{ message: expect.stringContaining(message) as string }],
      })
    }
  })
})

it('a plain POST says where subscriptions are sent', async () => {
  const { token } = await service.signUp()
  const { status, errors } = await service.graphql(REVOKED, {}, token)
  expect({ status, message: errors[0]?.message }).toEqual({
    status: 400,
    message: 'Send subscriptions over WebSocket to /graphql, or over server-sent events to /graphql/stream.',
  })
})

describe('cookies', () => {
  const cookiesOf = async () => (await signInFrom(service.url, page(ORIGIN), await service.register())).cookie
  const open = (cookie: string, origin: string | undefined, params: Record<string, unknown>) => {
    const headers: Record<string, string> = origin === undefined ? { cookie } : { cookie, origin }
    const client = overWebSocket(service.url, params, { headers })
    closers.push(() => client.dispose())
    return client
  }

  it('sign in a WebSocket of a listed origin that asks for them', async () => {
    const cookie = await cookiesOf()
    const client = open(cookie, ORIGIN, { 'x-postern-cookies': '1' })
    await client.connected()
    expect(client.closes).toEqual([])
  })

  it.each([
    ['of a foreign origin', 'https://evil.example', { 'x-postern-cookies': '1' }, 'Unexpected server response: 403'],
    ['without an origin', undefined, { 'x-postern-cookies': '1' }, 4403],
    ['that does not ask for them', ORIGIN, {}, 4403],
  ])('do not sign in a WebSocket %s', async (_, origin, params, expected) => {
    const cookie = await cookiesOf()
    if (typeof expected === 'number') {
      expect(await open(cookie, origin, params).closed()).toMatchObject({ code: expected })
    } else {
      const refused = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        headers: { cookie, origin: origin ?? '' },
      })
      const message = await new Promise<string>((resolve) => refused.on('error', (error) => resolve(error.message)))
      expect(message).toBe(expected)
    }
  })

  it('sign in server-sent events by the rules of every other request', async () => {
    const cookie = await cookiesOf()
    const post = (headers: Record<string, string>) =>
      fetch(`${service.url}/graphql/stream`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie, ...headers },
        body: JSON.stringify({ query: REVOKED }),
      })
    expect(await (await post(page('https://evil.example'))).text()).toContain('"code":"UNAUTHENTICATED"')
    const accepted = await post(page(ORIGIN))
    expect({ status: accepted.status, type: accepted.headers.get('content-type') }).toEqual({
      status: 200,
      type: 'text/event-stream; charset=utf-8',
    })
    expect(accepted.headers.get('access-control-allow-origin')).toBe(ORIGIN)
    await accepted.body?.cancel()
  })
})

describe('limits', () => {
  it('an address can have so many connections', async () => {
    const users = await Promise.all([service.signUp(), service.signUp()])
    for (const user of users) for (let n = 0; n < 3; n++) await socket(service, user.token).connected()
    const answer = await fetch(`${service.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(users[0].token) },
      body: JSON.stringify({ query: REVOKED }),
    })
    expect({ status: answer.status, retryAfter: answer.headers.get('retry-after') }).toEqual({
      status: 429,
      retryAfter: '30',
    })
  })

  it('the metrics and the log say that a client has left', async () => {
    const count = () =>
      metric(service, /^postern_subscriptions_closed_total\{transport="websocket",reason="client"\} (\d+)$/)
    const before = await count()
    const user = await service.signUp()
    const client = socket(service, user.token)
    await client.connected()
    await client.dispose()
    await until('it is counted', async () => (await count()) === before + 1)
    const line = lines.findLast(({ msg, userId }) => msg === 'subscriptions closed' && userId === user.id)
    expect(line).toMatchObject({ transport: 'websocket', reason: 'client', route: '/graphql' })
    expect(JSON.stringify(line)).not.toContain(user.token)
  })

  it('a message that is too long closes the connection', async () => {
    const { token } = await service.signUp()
    const client = socket(service, token)
    await client.connected()
    await follow(client, `${REVOKED} # ${'x'.repeat(33 * 1024)}`)
    expect(await client.closed()).toMatchObject({ code: 1009 })
  })

  it('a connection has at most ten subscriptions', async () => {
    const { token } = await service.signUp()
    const client = socket(service, token)
    const streams = await Promise.all(Array.from({ length: 11 }, () => follow(client, REVOKED)))
    const refused = await until('one is refused', () => streams.find(({ errors }) => errors.length > 0))
    expect(refused.errors[0].message).toBe('A connection can have at most 10 subscriptions.')
  })

  it('those that a client ends before they begin count too', async () => {
    const { token } = await service.signUp()
    const client = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    closers.push(() => client.terminate())
    const send = (message: object) => client.send(JSON.stringify(message))
    const answers: { type: string; id?: string; payload?: unknown }[] = []
    client.on('message', (data: Buffer) => answers.push(JSON.parse(data.toString()) as (typeof answers)[number]))
    await new Promise((resolve) => client.on('open', resolve))
    send({ type: 'connection_init', payload: bearer(token) })
    await until('it is signed in', () => answers.length > 0)
    for (let n = 0; n < 10; n++) {
      send({ type: 'subscribe', id: String(n), payload: { query: REVOKED } })
      send({ type: 'complete', id: String(n) })
    }
    send({ type: 'subscribe', id: 'last', payload: { query: REVOKED } })
    const answer = await until('the last one is refused', () => answers.find(({ id }) => id === 'last'))
    expect(answer).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'BAD_REQUEST' } }] })
  })

  it('another protocol is refused, and a request to upgrade to anything else is answered as usual', async () => {
    const old = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-ws')
    await new Promise((resolve) => old.on('error', resolve).on('close', resolve))
    const answer = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ policy { passwordMinLength } }' }),
    })
    expect(answer.status).toBe(200)
  })
})

describe('the end', () => {
  it('of a token closes its connection, so that the client gets a new one', async () => {
    const brief = await startInstance({
      DATABASE_URL: service.database.url,
      REDIS_URL: testRedisUrl(),
      ACCESS_TOKEN_TTL: '5',
    })
    const { token } = await brief.signUp()
    const client = socket(brief, token)
    await client.connected()
    expect(client.closes).toEqual([])
    expect(await client.closed()).toMatchObject({ code: 4403, reason: 'The token has expired' })
    await brief.stop()
  })

  it('comes after bytes that are no request, without another response in the stream', async () => {
    const user = await service.signUp()
    const { hostname, port } = new URL(service.url)
    const client = connectTo(Number(port), hostname)
    closers.push(() => client.destroy())
    let received = ''
    client.on('error', () => undefined).on('data', (data: Buffer) => (received += data.toString()))
    const body = JSON.stringify({ query: ACTIVITY })
    client.write(
      [
        ...['POST /graphql/stream HTTP/1.1', `host: ${hostname}:${port}`, 'content-type: application/json'],
        ...[`authorization: Bearer ${user.token}`, `content-length: ${Buffer.byteLength(body)}`, '', body],
      ].join('\r\n'),
    )
    await until('the stream has begun', () => received.includes(': ready'))
    client.write('no request\r\n\r\n')
    await until('the connection is closed', () => client.destroyed)
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  it('of a session closes the connection of a client that reads nothing', async () => {
    const accepted: Socket[] = []
    const onSocket = (message: unknown) => void accepted.push((message as { socket: Socket }).socket)
    subscribe('net.server.socket', onSocket)
    const user = await service.signUp()
    const { hostname, port } = new URL(service.url)
    const client = connectTo(Number(port), hostname).pause()
    closers.push(() => client.destroy())
    const body = JSON.stringify({ query: ACTIVITY })
    client.write(
      [
        ...['POST /graphql/stream HTTP/1.1', `host: ${hostname}:${port}`, 'content-type: application/json'],
        ...[`authorization: Bearer ${user.token}`, `content-length: ${Buffer.byteLength(body)}`, '', body],
      ].join('\r\n'),
    )
    await areSignedIn(service, user)
    unsubscribe('net.server.socket', onSocket)
    const connection = accepted.find(({ remotePort }) => remotePort === client.localPort)!
    // More than the buffers of both sides.
    connection.write(Buffer.alloc(16 * 1024 * 1024))
    await logout(service, user.token)
    await until('the connection is closed', () => connection.destroyed)
  })

  it('of a stream ends its connection, which would lead a client that comes back to the same process', async () => {
    const user = await service.signUp()
    const leaving = new AbortController()
    const response = await fetch(`${service.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(user.token) },
      body: JSON.stringify({ query: ACTIVITY }),
      signal: leaving.signal,
    })
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close'])
    leaving.abort()
  })

  it('of the process tells every client to connect elsewhere', async () => {
    const leaving = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
    const user = await leaving.signUp()
    const client = socket(leaving, user.token)
    const stream = await follow(overSse(leaving.url, bearer(user.token)), ACTIVITY)
    await client.connected()
    await hasBegun(stream, user)
    await leaving.stop()
    expect(await client.closed()).toMatchObject({ code: 1001 })
    expect(await until('the stream has ended', stream.ended)).toBe('complete')
    expect(stream.errors).toEqual([])
  })
})
