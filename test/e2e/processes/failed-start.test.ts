import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startProgram, startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateRedis } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
})
afterAll(() => database.drop())

describe('a start that fails', () => {
  it('lists every invalid variable at once, without values', async () => {
    const { finished } = startProgram('main.js', [], {
      PORT: 'eighty',
      JWT_SECRET: 'too-short-secret',
      CLOCK_SKEW: '61',
    })
    const { code, stderr } = await finished
    expect(code).toBe(1)
    for (const name of ['PORT', 'JWT_SECRET', 'CLOCK_SKEW', 'DATABASE_URL', 'REDIS_URL', 'REFRESH_KEY'])
      expect(stderr).toMatch(new RegExp(`- ${name} `))
    expect(stderr).toContain('openssl rand -hex 32')
    expect(stderr).not.toMatch(/eighty|too-short/)
  })

  it('names a variable that looks misspelled', async () => {
    const { finished } = startProgram('main.js', [], { ...TEST_ENVIRONMENT, ...env, USERNAMES_HOLD: '3600' })
    const message = 'The configuration is invalid:\n  - USERNAMES_HOLD is unknown; did you mean USERNAME_HOLD?\n'
    expect(await finished).toEqual({ code: 1, stdout: '', stderr: message })
  })

  it('refuses a development secret in production', async () => {
    const { finished } = startProgram('main.js', [], {
      ...{ ...TEST_ENVIRONMENT, ...env, NODE_ENV: 'production' },
      JWT_SECRET: 'development-0123456789abcdef0123456789abcdef',
    })
    expect(await finished).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('JWT_SECRET is a development secret'),
    })
  })

  it('reports that the port is taken', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await until('it listens', () => squatter.listening)
    const { port } = squatter.address() as { port: number }
    const { finished } = startProgram('main.js', [], { ...TEST_ENVIRONMENT, ...env, PORT: String(port) })
    expect(await finished).toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${port} is in use`) })
    const grpc = startProgram('main.js', [], { ...TEST_ENVIRONMENT, ...env, GRPC_PORT: String(port) })
    const { code, stderr } = await grpc.finished
    expect([code, stderr]).toEqual([1, expect.stringMatching(`Port ${port} is in use.* set GRPC_PORT to another`)])
    squatter.close()
  })

  const changed = (url: string, changes: Partial<URL>) => Object.assign(new URL(url), changes).href
  const wrongPassword = (url: string) => changed(url, { password: 'not-this-one' })
  const noPassword = (url: string) => changed(url, { username: '', password: '' })

  it.each([
    ['DATABASE_URL', wrongPassword, 'the database server refuses this user name or password'],
    [
      'DATABASE_URL',
      (url: string) => changed(url, { pathname: '/nowhere' }),
      'the database server has no database of this name',
    ],
    [
      'DATABASE_URL',
      (url: string) => changed(url, { port: '1' }),
      'the database server cannot be reached (ECONNREFUSED)',
    ],
    ['REDIS_URL', wrongPassword, 'Redis refuses this user name or password'],
    ['REDIS_URL', noPassword, 'Redis refuses this user name or password'],
    ['REVOCATION_REDIS_URL', wrongPassword, 'Redis refuses this user name or password'],
  ])('names %s in one line, without its value, when the server refuses it', async (name, change, problem) => {
    const redis = await privateRedis()
    const urls: Record<string, string> = { ...env, REDIS_URL: redis.url }
    const settings = { ...TEST_ENVIRONMENT, ...urls, [name]: change(urls[name] ?? redis.url) }
    const [service, command] = await Promise.all([
      startProgram('main.js', [], settings).finished,
      startProgram('cli.js', ['admin', 'ada@example.com'], settings).finished,
    ])
    for (const { code, stdout, stderr } of [service, command])
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `${name}: ${problem}.\n` })
    await redis.remove()
  })

  it('is not caused by a Redis that is unavailable', async () => {
    const service = await startServiceProcess({ ...env, REDIS_URL: 'redis://127.0.0.1:1' })
    expect(await service.isAvailable('other-user')).toBe(true)
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
  })

  it('reports that the database has not been migrated', async () => {
    const empty = await createTestDatabase({ migrate: false })
    const { finished } = startProgram('main.js', [], { ...TEST_ENVIRONMENT, ...env, DATABASE_URL: empty.url })
    expect(await finished).toMatchObject({ code: 1, stderr: expect.stringContaining('npm run migrate') })
    await empty.drop()
  })
})
