import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startExample, type Example } from '../../support/example.js'
import { keyCommands, keysFolder, partOf } from '../../support/keys.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { runReadme, untilStatus } from '../../support/readme-commands.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

const LOGOUT = 'mutation { logout }'
const { JWT_SECRET } = TEST_ENVIRONMENT
const REVOCATION_KEY = 'test-revocation-key-0123456789abcdef01234'

let database: TestDatabase
let redis: PrivateServer
let emptyRedis: PrivateServer
let keys: Awaited<ReturnType<typeof keysFolder>>
/** On a Redis that no auth service writes to: it waits ten seconds for one before it listens. */
let cutOff: Promise<Example>

beforeAll(async () => {
  emptyRedis = await privateRedis()
  cutOff = startExample({ REDIS_URL: emptyRedis.url, JWT_SECRET })
  ;[database, redis, keys] = await Promise.all([createTestDatabase(), privateRedis(), keysFolder()])
  await keyCommands(keys.path).rotate()
})
afterAll(async () => {
  await (await cutOff).stop()
  await Promise.all([database.drop(), redis.remove(), emptyRedis.remove(), keys.remove()])
})

/** How the auth service signs, and what the example gets to verify it. */
const modes = [
  {
    mode: 'with key pairs',
    alg: 'ES256',
    ofService: () => ({ KEYS_DIR: keys.path, REVOCATION_KEY }),
    ofExample: (url: string) => ({ POSTERN_JWKS_URL: `${url}/.well-known/jwks.json`, REVOCATION_KEY }),
  },
  { mode: 'with a shared secret', alg: 'HS256', ofService: () => ({}), ofExample: () => ({ JWT_SECRET }) },
]

describe.each(modes)('examples/microservice, $mode', ({ alg, ofService, ofExample }) => {
  let service: ServiceProcess
  let example: Example

  beforeAll(async () => {
    service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: redis.url, ...ofService() })
    example = await startExample({ REDIS_URL: redis.url, ...ofExample(service.url) })
  })
  afterAll(async () => {
    const stopped = await example.stop()
    service.kill('SIGTERM')
    await service.finished
    expect(stopped).toEqual({ code: 0, stderr: '' })
  })

  /** How many requests the auth service has answered, including this one. */
  async function requestsToService(): Promise<number> {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    const counts = metrics.matchAll(/^postern_http_request_duration_seconds_count\{.*\} (\d+)$/gm)
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
  }

  /** Logs out, and sends requests to the example until it refuses one. */
  async function logout(token: string) {
    await service.succeed(LOGOUT, {}, token)
    const answered = performance.now()
    const refused = await until('the token is refused', async () => {
      const answer = await example.get('/api/protected', token)
      return answer.status === 200 ? null : answer
    })
    return { refused, milliseconds: performance.now() - answered }
  }

  it('answers the public route without a token, and refuses the protected one', async () => {
    expect(await example.get('/api/public')).toMatchObject({ status: 200, body: { message: 'Hello, stranger!' } })
    const refused = await example.get('/api/protected')
    expect(refused).toMatchObject({ status: 401, body: { message: 'Invalid or expired token' } })
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('accepts a token from its login to its logout', async () => {
    const { id, token } = await service.signUp()
    expect(partOf(token, 0)['alg']).toBe(alg)
    expect(await example.get('/api/protected', token)).toMatchObject({
      status: 200,
      body: { message: 'Welcome authenticated user!', userId: id, tokenId: partOf(token, 1)['jti'] },
    })
    expect((await example.get('/api/public', token)).body).toEqual({ message: `Hello, ${id}!` })

    const { refused } = await logout(token)
    expect(refused).toMatchObject({ status: 401, body: { message: 'Invalid or expired token' } })
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
    expect((await example.get('/api/public', token)).body).toEqual({ message: 'Hello, stranger!' })
  })

  it('answers 401 within 100 ms of the response to a logout', async () => {
    const times: number[] = []
    for (let i = 0; i < 5; i++) times.push((await logout((await service.signUp()).token)).milliseconds)
    // The median: on a busy machine, each of them may have waited for the processor.
    expect(times.toSorted((a, b) => a - b)[2]).toBeLessThan(100)
  })

  it('sends no request to the auth service', async () => {
    const { token } = await service.signUp()
    const before = await requestsToService()
    for (let i = 0; i < 20; i++) expect((await example.get('/api/protected', token)).status).toBe(200)
    expect((await requestsToService()) - before).toBe(1)
    await service.succeed(LOGOUT, {}, token)
    await until('the token is refused', async () => (await example.get('/api/protected', token)).status === 401)
    expect((await requestsToService()) - before).toBe(3)
  })

  it('answers 503, not 401, while it cannot know which tokens are revoked', async () => {
    const { token } = await service.signUp()
    const { get } = await cutOff
    const answer = await get('/api/protected', token)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect((await get('/api/public', token)).status).toBe(200)
    expect((await get('/health/ready')).status).toBe(503)
  })

  it('does what its README shows', async () => {
    const logout = `api '{"query":"mutation { logout }"}' -H "authorization: Bearer $TOKEN"`
    const refused = untilStatus(401, 'http://localhost:8081/api/protected -H "authorization: Bearer $TOKEN"')
    const { missing, compared } = await runReadme('examples/microservice/README.md', {
      [logout]: `${logout}\n${refused}`,
      'http://localhost:8080': service.url,
      'http://localhost:8081': example.url,
      // Each mode signs up.
      'grace@example.com': `grace-${alg}@example.com`,
      'username":"grace"': `username":"grace-${alg}"`,
    })
    expect(missing).toEqual([])
    expect(compared).toBe(10)
  })
})

describe('the example', () => {
  it('says which variable is missing', async () => {
    await expect(startExample({ JWT_SECRET })).rejects.toThrow(/REDIS_URL is not set/)
    await expect(startExample({ REDIS_URL: redis.url })).rejects.toThrow(/POSTERN_JWKS_URL or JWT_SECRET is not set/)
  })
})
