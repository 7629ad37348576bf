import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN } from '../../support/client.js'
import { keyCommands, keysFolder } from '../../support/keys.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let keys: Awaited<ReturnType<typeof keysFolder>>

beforeAll(async () => {
  keys = await keysFolder()
  await keyCommands(keys.path).rotate()
  const env = { KEYS_DIR: keys.path, REVOCATION_KEY: 'r'.repeat(32), JWT_SECRET: '' }
  service = await startService({ ...env, WEB: 'true', PLAYGROUND: 'true' })
})
afterAll(async () => {
  await service.stop()
  await keys.remove()
})

/** Sends exactly these bytes on a connection that the service has to close. */
async function exchange(bytes: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(service.url)
  const socket = connect(Number(port), hostname)
  socket.write(bytes)
  const answer = await text(socket)
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]),
    body: answer.slice(answer.indexOf('\r\n\r\n') + 4),
  }
}

/** The lines of a request's head, and its body. */
const request = (lines: string[], body = '') => `${lines.join('\r\n')}\r\n\r\n${body}`

function post(version: '1.0' | '1.1', headers: string[], body: object): string {
  const json = JSON.stringify(body)
  const length = `Content-Length: ${Buffer.byteLength(json)}`
  const head = [`POST /graphql HTTP/${version}`, 'Content-Type: application/json', length, 'Connection: close']
  return request([...head, ...headers], json)
}

describe('a request over HTTP/1.0 without Host', () => {
  it.each([
    ["HAProxy's default check", 'OPTIONS /', 204],
    ["HAProxy's check of a path", 'GET /health/ready', 200],
    ['a check by HEAD', 'HEAD /health/live', 200],
    ['a check by OPTIONS', 'OPTIONS /health/ready', 204],
    ['a scrape of the metrics', 'GET /metrics', 200],
    ['a validator that loads the keys', 'GET /.well-known/jwks.json', 200],
    ['a page', 'GET /sign-in', 200],
    ['the playground', 'GET /playground', 200],
    ['an unknown path', 'GET /nothing', 404],
  ])('is answered: %s', async (_, line, status) => {
    expect((await exchange(request([`${line} HTTP/1.0`]))).status).toBe(status)
  })

  it('is answered at /graphql, with a Bearer token too', async () => {
    const { token, id } = await service.signUp()
    const query = { query: '{ profile { id } }' }
    const { status, body } = await exchange(post('1.0', [`Authorization: Bearer ${token}`], query))
    expect([status, JSON.parse(body)]).toEqual([200, { data: { profile: { id } } }])
    const get = request([
      'GET /graphql?query={profile{id}} HTTP/1.0',
      `Authorization: Bearer ${token}`,
      'Apollo-Require-Preflight: 1',
    ])
    expect(JSON.parse((await exchange(get)).body)).toEqual({ data: { profile: { id } } })
  })

  it('cannot use cookies, because no page is the own one', async () => {
    const { email, password } = await service.register()
    const login = { query: LOGIN, variables: { input: { email, password } } }
    for (const origin of ['https://none.invalid', 'http://localhost', 'https://undefined', 'null']) {
      const { body } = await exchange(post('1.0', ['X-Postern-Cookies: 1', `Origin: ${origin}`], login))
      expect(body).toContain('"FORBIDDEN"')
    }
  })
})

describe('a Host header', () => {
  const check = { query: '{ __typename }' }

  it.each(['GET /health/ready', 'GET /metrics', 'GET /', 'GET /nothing', 'OPTIONS /graphql', 'GET /return?to=/'])(
    'that comes twice is refused at %s',
    async (line) => {
      for (const version of ['1.0', '1.1']) {
        const { status, body } = await exchange(
          request([`${line} HTTP/${version}`, 'Host: one.example', 'hOsT: one.example', 'Connection: close']),
        )
        expect([status, body]).toEqual([400, expect.stringContaining('Send one Host header.')])
      }
    },
  )

  it('that comes twice is refused at /graphql, by a plan too', async () => {
    const query = 'query ($u: String!) { checkUsernameAvailability(username: $u) { available } }'
    const body = { query, variables: { u: 'ada' } }
    for (let i = 0; i < 3; i++) expect((await exchange(post('1.1', ['Host: a.example'], body))).status).toBe(200)
    expect((await exchange(post('1.1', ['Host: a.example', 'Host: a.example'], body))).status).toBe(400)
  })

  it('that is malformed is refused at /graphql, and means nothing at a health check', async () => {
    expect((await exchange(post('1.1', ['Host: ['], check))).status).toBe(400)
    const health = request(['GET /health/ready HTTP/1.1', 'Host: [', 'Connection: close'])
    expect((await exchange(health)).status).toBe(200)
  })

  it('is required by HTTP/1.1 everywhere', async () => {
    expect((await exchange(post('1.1', [], check))).status).toBe(400)
    expect((await exchange(request(['GET /health/ready HTTP/1.1', 'Connection: close']))).status).toBe(400)
  })
})
