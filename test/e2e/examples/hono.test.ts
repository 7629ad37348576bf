import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../../packages/client/src/index.js'
import { page, signInFrom } from '../../support/cookies.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startExample, type Example } from '../../support/example.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { runReadme, untilStatus } from '../../support/readme-commands.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

const { JWT_SECRET } = TEST_ENVIRONMENT
const LOGOUT = 'mutation { logout }'
const FRONTEND = 'https://app.example.com'

let database: TestDatabase
let redis: PrivateServer
let service: ServiceProcess
let example: Example
let emptyRedis: PrivateServer
/** On a Redis that no auth service writes to. It waits ten seconds for one before it listens. */
let unaware: Promise<Example>

beforeAll(async () => {
  emptyRedis = await privateRedis()
  unaware = startExample({ REDIS_URL: emptyRedis.url, JWT_SECRET }, 'hono')
  ;[database, redis] = await Promise.all([createTestDatabase(), privateRedis()])
  service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: redis.url })
  example = await startExample({ REDIS_URL: redis.url, JWT_SECRET, EXAMPLE_ORIGINS: FRONTEND }, 'hono')
})
afterAll(async () => {
  await Promise.all([example.stop(), (await unaware).stop()])
  service.kill('SIGTERM')
  await service.finished
  await Promise.all([database.drop(), redis.remove(), emptyRedis.remove()])
})

/** Sends requests until one is refused. Gives it, and how long that took. */
async function untilRefused(headers: Record<string, string>) {
  const start = performance.now()
  const refused = await until('the token is refused', async () => {
    const answer = await example.request('/api/me', { headers })
    return answer.status === 200 ? null : answer
  })
  return { refused, milliseconds: performance.now() - start }
}

describe('a page with tokens in memory', () => {
  it('calls the API with getAccessToken, until the user signs out', async () => {
    const { id, email, password } = await service.register()
    const client = createClient({ url: `${service.url}/graphql` })
    await client.login({ email, password })
    const headers = { authorization: `Bearer ${await client.getAccessToken()}`, origin: FRONTEND }

    const answer = await example.request('/api/me', { headers })
    expect(answer).toMatchObject({ status: 200, body: { id, roles: ['USER'] } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(FRONTEND)

    await client.logout()
    const { refused } = await untilRefused(headers)
    expect(refused).toMatchObject({ status: 401, body: { code: 'revoked' } })
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
    expect(refused.headers.get('content-type')).toBe('application/json')
    client.close()
  })

  it('may call from a listed origin only', async () => {
    const ask = async (origin: string) =>
      (
        await example.request('/api/me', {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'GET' },
        })
      ).headers.get('access-control-allow-origin')
    expect(await ask(FRONTEND)).toBe(FRONTEND)
    expect(await ask('https://evil.example')).toBeNull()
  })

  it('gets 401 within 100 ms of the response to a logout', async () => {
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const { token } = await service.signUp()
      await service.succeed(LOGOUT, {}, token)
      times.push((await untilRefused({ authorization: `Bearer ${token}` })).milliseconds)
    }
    // The median: on a busy machine, each of them may have waited for the processor.
    expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(100)
  })
})

describe('a page with cookies', () => {
  it('calls the API on the same host, until the user signs out', async () => {
    const account = await service.register()
    const { cookie, access } = await signInFrom(service.url, page(service.url), account)
    const headers = { ...page(example.url), cookie }
    expect(await example.request('/api/me', { headers })).toMatchObject({ status: 200, body: { id: account.id } })
    expect(await example.request('/api/notes', { method: 'POST', headers, body: 'Buy milk' })).toMatchObject({
      status: 201,
      body: ['Buy milk'],
    })

    await service.succeed(LOGOUT, {}, access)
    expect((await untilRefused(headers)).refused).toMatchObject({ status: 401, body: { code: 'revoked' } })
  })

  it('is refused with 403 when another site or another origin could have sent the request', async () => {
    const { cookie } = await signInFrom(service.url, page(service.url), await service.register())
    const post = (headers: Record<string, string>) =>
      example.request('/api/notes', { method: 'POST', headers: { cookie, ...headers }, body: 'Forged' })
    const refused = { status: 403, body: { code: 'csrf_rejected' } }

    expect(await post({ origin: example.url })).toMatchObject(refused)
    expect(await post({ 'x-postern-cookies': '1' })).toMatchObject(refused)
    expect(await post(page('https://evil.example'))).toMatchObject(refused)
    expect(await post({ ...page(FRONTEND), 'sec-fetch-site': 'cross-site' })).toMatchObject(refused)
    expect((await example.request('/api/notes', { headers: { ...page(example.url), cookie } })).body).toEqual([])
  })
})

describe('the API', () => {
  it('answers 401 without a token, 403 without the role and 404 for an unknown path, as JSON', async () => {
    expect(await example.get('/api/me')).toMatchObject({ status: 401, body: { code: 'missing_token' } })
    const { token } = await service.signUp()
    expect(await example.get('/api/admin', token)).toMatchObject({ status: 403, body: { code: 'insufficient_role' } })
    expect(await example.get('/api/other')).toMatchObject({ status: 404, body: { code: 'not_found' } })
    expect(await example.get('/health/ready')).toMatchObject({ status: 200, body: { ready: true } })
  })

  it('answers 503 while it cannot know which tokens are revoked', async () => {
    const { token } = await service.signUp()
    const { get } = await unaware
    const answer = await get('/api/me', token)
    expect(answer).toMatchObject({ status: 503, body: { code: 'not_ready' } })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect((await get('/health/ready')).status).toBe(503)
  })

  it('finishes an open request on SIGTERM, and ends with exit code 0', async () => {
    const { token } = await service.signUp()
    const other = await startExample({ REDIS_URL: redis.url, JWT_SECRET }, 'hono')
    const open = request(`${other.url}/api/notes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, expect: '100-continue' },
    })
    open.flushHeaders()
    await once(open, 'continue')
    other.kill('SIGTERM')
    await until('it accepts no connections', () =>
      fetch(`${other.url}/health/ready`).then(
        () => false,
        () => true,
      ),
    )
    open.end('Buy milk')
    const [response] = (await once(open, 'response')) as [IncomingMessage]
    expect([response.statusCode, await text(response)]).toEqual([201, '["Buy milk"]'])
    expect(await other.finished).toEqual({ code: 0, stderr: '' })
  })

  it('says which variable is missing', async () => {
    await expect(startExample({ JWT_SECRET }, 'hono')).rejects.toThrow(/REDIS_URL is not set/)
  })

  it('does what its README shows', async () => {
    const logout = `graphql '{"query":"mutation { logout }"}' -H "authorization: Bearer $TOKEN"`
    const { missing, compared } = await runReadme('examples/hono/README.md', {
      [logout]: `${logout}\n${untilStatus(401, 'http://localhost:8082/api/me -H "authorization: Bearer $TOKEN"')}`,
      // One host for both, as cookies need it.
      'http://localhost:8080': service.url.replace('127.0.0.1', 'localhost'),
      'http://localhost:8082': example.url,
    })
    expect(missing).toEqual([])
    expect(compared).toBeGreaterThan(8)
  })
})
