// What a plan begins and Apollo Server finishes, and requests as no client of this project sends them.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique, type SignedIn } from '../../support/client.js'
import { startService, type LogLine, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let account: SignedIn
const lines: LogLine[] = []

beforeAll(async () => {
  const env = { RATE_LIMIT_LOGIN: '3/60', RATE_LIMIT_UPDATE_PROFILE: '4/3600', LOG_LEVEL: 'info' }
  service = await startService(env, { onLine: (line) => lines.push(line) })
  account = await service.signUp()
})
afterAll(() => service.stop())

const LOGIN =
  'mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) { token } }'

async function answered(by: 'hot' | 'apollo'): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  return Number(new RegExp(`^postern_graphql_requests_total\\{path="${by}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

describe('an operation that a plan begins and that fails', () => {
  it('is one failed login, of the three that lock an account', async () => {
    const { email, password } = await service.register()
    // The first use is Apollo Server's.
    for (const wrong of ['wrong 1', 'wrong 2']) {
      expect((await service.graphql(LOGIN, { email, password: wrong })).code).toBe('UNAUTHENTICATED')
    }
    await service.succeed(LOGIN, { email, password })
    for (const wrong of ['wrong 1', 'wrong 2', 'wrong 3']) await service.graphql(LOGIN, { email, password: wrong })
    expect((await service.graphql(LOGIN, { email, password })).code).toBe('RATE_LIMITED')
  })

  it('is one call of an operation with a limit', async () => {
    const query = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
    const update = async (input: object) => (await service.graphql(query, { input }, account.token)).code
    for (let call = 1; call <= 3; call++) expect(await update({ firstName: 'x'.repeat(101) })).toBe('INVALID_INPUT')
    expect(await update({ firstName: 'Ada' })).toBeUndefined()
    expect(await update({ firstName: 'Ada' })).toBe('RATE_LIMITED')
  })

  it('does not repeat the fields before the one that fails', async () => {
    const { email, password } = await service.register()
    const query = `mutation ($email: String!, $password: String!) {
      good: login(input: { email: $email, password: $password }) { token }
      bad: refreshToken(token: "nonsense") { token }
    }`
    for (let use = 1; use <= 4; use++) {
      const { data, errors } = await service.graphql(query, { email, password })
      expect([data, errors.map(({ path }) => path)]).toEqual([null, [['bad']]])
    }
    const { token } = await service.login({ email, password })
    expect((await service.succeed('{ sessions { id } }', {}, token)).sessions).toHaveLength(5)
  })

  it('is logged once, with its user and its code', async () => {
    const query = '{ profile { id } protectedUsernames }'
    for (let use = 1; use <= 3; use++) {
      const { headers, code } = await service.graphql(query, {}, account.token)
      expect(code).toBe('FORBIDDEN')
      const ofRequest = () => lines.filter(({ requestId }) => requestId === headers.get('x-request-id'))
      await until('it is logged', () => ofRequest().length > 0)
      expect(ofRequest()).toEqual([expect.objectContaining({ userId: account.id, errorCodes: ['FORBIDDEN'] })])
    }
  })
})

async function open() {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return { socket, text: () => text, bodies: () => [...text.matchAll(/\r\n\r\n(\{.*\})\n/g)].map(([, body]) => body) }
}

function post(query: string, variables: object = {}, head = ''): string {
  const body = JSON.stringify({ query, variables })
  return `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

describe('a connection', () => {
  it('gets the responses of pipelined requests in their order, whatever answers them', async () => {
    const { email, password } = await service.register()
    const known = '{ policy { usernameHold } }'
    for (let use = 1; use <= 2; use++) {
      await service.succeed(known)
      await service.succeed(LOGIN, { email, password })
    }
    const { socket, bodies } = await open()
    const marked = (n: number) => `{ n${n}: __typename } # ${unique()}`
    socket.write(
      [
        post(LOGIN, { email, password }),
        post(known),
        post(marked(1)),
        post(known, {}, 'x-a: b\r\n'),
        post(marked(2)),
      ].join(''),
    )
    await until('all are answered', () => bodies().length === 5)
    expect(bodies()).toEqual([
      expect.stringContaining('{"data":{"login":{"token":'),
      '{"data":{"policy":{"usernameHold":2592000}}}',
      '{"data":{"n1":"Query"}}',
      '{"data":{"policy":{"usernameHold":2592000}}}',
      '{"data":{"n2":"Query"}}',
    ])
    socket.destroy()
  })

  it('can end while its login runs', async () => {
    const { email, password } = await service.register()
    await service.succeed(LOGIN, { email, password })
    const before = (await answered('hot')) + (await answered('apollo'))
    for (let i = 0; i < 10; i++) {
      const { socket } = await open()
      socket.write(post(LOGIN, { email, password }))
      socket.destroy()
    }
    await service.succeed(LOGIN, { email, password })
    await until(
      'all that arrived are answered',
      async () => (await answered('hot')) + (await answered('apollo')) > before,
    )
    expect(lines.filter(({ level }) => level === 50)).toEqual([])
  })

  it('gets the same for a body in chunks as for one with a length', async () => {
    const body = JSON.stringify({ query: '{ policy { usernameHold } }' })
    const before = await answered('apollo')
    for (let use = 1; use <= 3; use++) {
      const { socket, text } = await open()
      const chunks = [body.slice(0, 9), body.slice(9)].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`,
      )
      await until('it is answered', () => text().includes('usernameHold'))
      socket.destroy()
    }
    expect(await answered('apollo')).toBe(before + 3)
  })

  it('gets a refusal for HEAD, and no mutation by GET', async () => {
    const url = `${service.url}/graphql?query=${encodeURIComponent('mutation { logout }')}`
    const headers = { authorization: `Bearer ${account.token}` }
    expect((await fetch(url, { method: 'HEAD', headers })).status).toBe(400)
    for (let use = 1; use <= 3; use++) expect((await fetch(url, { headers })).status).toBe(405)
    await service.succeed('{ profile { id } }', {}, account.token)
  })
})
