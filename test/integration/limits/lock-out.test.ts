import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createDevices, createLockOut } from '../../../src/services/limits/index.js'
import { createLoginAttemptRepository } from '../../../src/repositories/limits/login-attempts.js'
import { type Account, LOGIN, unique } from '../../support/client.js'
import { DEVICE, page, send, signInFrom } from '../../support/cookies.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startServiceProcess } from '../../support/process.js'
import { startInstance, TEST_ENVIRONMENT, type Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

const LOGIN_WITH_DEVICE = 'mutation ($input: LoginInput!) { login(input: $input) { token deviceToken } }'

let database: TestDatabase
let redis: RedisServer
const instances: Instance[] = []

/** An instance with the default limit of logins, and with nothing else that would refuse many of them. */
async function start(env: Record<string, string> = {}): Promise<Instance> {
  const urls = { DATABASE_URL: database.url, REDIS_URL: redis.url }
  const limits = { RATE_LIMIT_LOGIN: '', HASH_QUEUE: '10000', MAX_CONCURRENT_REQUESTS: '10000' }
  const instance = await startInstance({ ...urls, ...limits, ...env })
  instances.push(instance)
  return instance
}

beforeAll(async () => {
  ;[database, redis] = await Promise.all([createTestDatabase(), startRedis()])
})
afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()))
})
afterAll(() => Promise.all([database.drop(), redis.stop()]))

const wrong = ({ email }: { email: string }, service: Instance, more: object = {}) =>
  service.graphql(LOGIN_WITH_DEVICE, { input: { email, password: 'wrong password', ...more } })

const right = ({ email, password }: Account, service: Instance, more: object = {}) =>
  service.graphql(LOGIN_WITH_DEVICE, { input: { email, password, ...more } })

async function failFiveTimes(account: { email: string }, service: Instance, more: object = {}) {
  for (let n = 0; n < 5; n++) expect((await wrong(account, service, more)).code).toBe('UNAUTHENTICATED')
}

async function hashes({ url }: Instance): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^postern_password_hash_duration_seconds_count (\d+)$/m.exec(text)?.[1])
}

describe('the lock-out after failed logins', () => {
  it('refuses even the right password after five failures, with the time to wait, and hashes nothing', async () => {
    const service = await start()
    const account = await service.register()
    await failFiveTimes(account, service)
    const before = await hashes(service)
    const answer = await right(account, service)
    expect(answer).toMatchObject({ status: 200, code: 'RATE_LIMITED', data: null })
    const { retryAfter = 0 } = answer.errors[0]!.extensions
    expect(retryAfter).toBeGreaterThan(0)
    expect(retryAfter).toBeLessThanOrEqual(60)
    expect(answer.headers.get('retry-after')).toBe(String(retryAfter))
    expect(await hashes(service)).toBe(before)
  })

  it('is the same for a name without an account', async () => {
    const service = await start()
    const nobody = { email: `${unique()}@example.com` }
    await failFiveTimes(nobody, service)
    const before = await hashes(service)
    const answer = await wrong(nobody, service)
    expect(answer).toMatchObject({ status: 200, code: 'RATE_LIMITED', data: null })
    expect(answer.headers.get('retry-after')).toBe(String(answer.errors[0]?.extensions.retryAfter))
    expect(await hashes(service)).toBe(before)
  })

  it('counts the email address and the username of an account together', async () => {
    const service = await start()
    const account = await service.register()
    await failFiveTimes(account, service)
    const { username, password } = account
    expect((await service.graphql(LOGIN, { input: { username, password } })).code).toBe('RATE_LIMITED')
  })

  it('lets exactly five of 1,000 parallel wrong passwords reach argon2, over two instances', async () => {
    const both = await Promise.all([start(), start()])
    const account = await both[0].register()
    const count = async () => (await Promise.all(both.map(hashes))).reduce((sum, each) => sum + each, 0)
    const before = await count()
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => wrong(account, both[n % 2]!)))
    const codes = answers.map(({ code }) => code)
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(5)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(995)
    expect((await count()) - before).toBe(5)
  })

  it('lets 30 simultaneous logins with the right password all succeed, over two instances', async () => {
    const both = await Promise.all([start(), start()])
    const account = await both[0].register()
    for (let n = 0; n < 3; n++) await wrong(account, both[0])
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => right(account, both[n % 2]!)))
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 30 }, () => undefined))
    expect((await wrong(account, both[1])).code).toBe('UNAUTHENTICATED')
    expect((await wrong(account, both[1])).code).toBe('UNAUTHENTICATED')
    expect((await right(account, both[1])).code).toBe('RATE_LIMITED')
  })

  it('lets exactly five wrong passwords reach argon2 among right ones', async () => {
    const both = await Promise.all([start(), start()])
    const account = await both[0].register()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => (n % 4 ? wrong : right)(account, both[n % 2]!)),
    )
    const codes = answers.map(({ code }) => code ?? 'success')
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(5)
    expect(codes.every((code) => ['success', 'UNAUTHENTICATED', 'RATE_LIMITED'].includes(code))).toBe(true)
    expect((await right(account, both[1])).code).toBe('RATE_LIMITED')
  })

  it('counts the attempts of an instance that was killed as failed, once they lapse', async () => {
    const slow = { ARGON2_MEMORY_KIB: '65536', ARGON2_TIME_COST: '20', HASH_CONCURRENCY: '1' }
    const urls = { DATABASE_URL: database.url, REDIS_URL: redis.url, RATE_LIMIT_LOGIN: '' }
    const service = await startServiceProcess({ ...urls, ...slow })
    const { id, email } = await service.register()
    const known = new Set(await redis.redis.keys('limits:attempts:*'))
    const input = { email, password: 'wrong password' }
    const lost = Array.from({ length: 7 }, () => service.graphql(LOGIN, { input }).catch(() => null))
    const reserved = async () => {
      const key = (await redis.redis.keys('limits:attempts:*')).find((one) => !known.has(one))
      return key !== undefined && (await redis.redis.zcard(key)) === 5
    }
    await until('five attempts are in progress', reserved)
    service.kill('SIGKILL')
    await Promise.all([service.finished, ...lost])

    let now = Date.now() + 20_000
    const lockOut = createLockOut({
      attempts: createLoginAttemptRepository(redis.redis),
      ...{ devices: createDevices('key'), rule: { limit: 5, seconds: 60 }, processes: 1 },
      ...{ key: TEST_ENVIRONMENT.REFRESH_KEY, initialMs: 0, clock: () => new Date(now) },
    })
    const begin = () =>
      lockOut.begin({ account: { id, generation: 0 }, name: email, deviceToken: '' }, new AbortController().signal)
    await expect(begin()).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    now += 60_000
    await (await begin()).withdrawn()
  })

  it('gives a request with aliases no more attempts: the first failure ends it', async () => {
    const service = await start()
    const account = await service.register()
    const logins = Array.from({ length: 5 }, (_, n) => `a${n}: login(input: $input) { token }`)
    const query = `mutation ($input: LoginInput!) { ${logins.join(' ')} }`
    const before = await hashes(service)
    const input = { email: account.email, password: 'wrong password' }
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.graphql(query, { input })))
    expect(answers.filter(({ code }) => code === 'RATE_LIMITED')).toHaveLength(15)
    expect((await hashes(service)) - before).toBe(5)
  })

  it('does not count logins that succeed', async () => {
    const service = await start()
    const account = await service.register()
    for (let n = 0; n < 4; n++) await wrong(account, service)
    for (let n = 0; n < 6; n++) expect((await right(account, service)).code).toBeUndefined()
  })

  it('counts the right password of a disabled account as any wrong one', async () => {
    const service = await start()
    const account = await service.register()
    await database.query('UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?', [account.id])
    for (let n = 0; n < 5; n++) expect((await right(account, service)).code).toBe('UNAUTHENTICATED')
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
  })

  it('is off with RATE_LIMIT_LOGIN=0', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '0' })
    const account = await service.register()
    for (let n = 0; n < 10; n++) expect((await wrong(account, service)).code).toBe('UNAUTHENTICATED')
  })

  it('takes as long as a login usually does, and measures nothing that depends on the account', async () => {
    const devices = createDevices('key')
    const lockOut = createLockOut({
      attempts: createLoginAttemptRepository(redis.redis),
      ...{ devices, rule: { limit: 1, seconds: 60 }, processes: 1, key: 'key' },
      ...{ initialMs: 200, clock: () => new Date() },
    })
    for (const account of [null, { id: unique(), generation: 1 }]) {
      const target = { account, name: unique(), deviceToken: '' }
      const signal = new AbortController().signal
      const attempt = await lockOut.begin(target, signal)
      await attempt.failed()
      const began = performance.now()
      await expect(lockOut.begin(target, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 })
      expect(performance.now() - began).toBeGreaterThanOrEqual(199)
    }
  })
})

describe('a device that has signed in before', () => {
  it('can sign in with its device token while the account is locked', async () => {
    const service = await start()
    const account = await service.register()
    const { deviceToken } = (await right(account, service)).data!.login
    await failFiveTimes(account, service)
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
    expect((await right(account, service, { deviceToken })).data?.login.deviceToken).toBe(deviceToken)
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
  })

  it('has attempts of its own, which are limited as well', async () => {
    const service = await start()
    const account = await service.register()
    const { deviceToken } = (await right(account, service)).data!.login
    await failFiveTimes(account, service, { deviceToken })
    expect((await right(account, service, { deviceToken })).code).toBe('RATE_LIMITED')
    expect((await right(account, service)).code).toBeUndefined()
  })

  it('is recognized for one account, and until its sessions are ended', async () => {
    const service = await start()
    const [account, other] = [await service.register(), await service.register()]
    const { deviceToken, token } = (await right(account, service)).data!.login
    await failFiveTimes(other, service)
    expect((await right(other, service, { deviceToken })).code).toBe('RATE_LIMITED')
    expect((await right(other, service, { deviceToken: 'x'.repeat(66) })).code).toBe('RATE_LIMITED')
    await service.succeed('mutation { logoutAll }', {}, token)
    await failFiveTimes(account, service)
    expect((await right(account, service, { deviceToken })).code).toBe('RATE_LIMITED')
  })

  it('is recognized by a cookie in cookie mode, which a logout keeps', async () => {
    const service = await start()
    const account = await service.register()
    const headers = page(service.url)
    const { cookies, cookie, data, setCookie } = await signInFrom(service.url, headers, account)
    const device = cookies.get(DEVICE)
    expect(setCookie.find((line) => line.startsWith(DEVICE))).toMatch(/HttpOnly.*SameSite=Strict/)
    expect(data?.login.token).toBe('')
    const out = await send(service.url, 'mutation { logout }', { headers: { ...headers, cookie } })
    expect(out.cookies.has(DEVICE)).toBe(false)
    await failFiveTimes(account, service)
    const refused = await signInFrom(service.url, headers, account)
    expect(refused.code).toBe('RATE_LIMITED')
    const again = await signInFrom(service.url, { ...headers, cookie: `${DEVICE}=${device}` }, account)
    expect(again.code).toBeUndefined()
  })
})

describe('without Redis', () => {
  it('a process limits logins by itself while Redis hangs, and only some of them wait for it', async () => {
    const server = await startRedis()
    const service = await start({ REDIS_URL: server.url })
    const account = await service.register()
    server.freeze()
    await failFiveTimes(account, service)
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
    await server.stop()
  })

  it('each process limits its own share of the attempts', async () => {
    const server = await startRedis()
    const env = { REDIS_URL: server.url }
    const [one, half] = [await start(env), await start({ ...env, INSTANCES: '2' })]
    const account = await one.register()
    await server.stop()

    await failFiveTimes(account, one)
    expect((await right(account, one)).code).toBe('RATE_LIMITED')
    for (let n = 0; n < 2; n++) expect((await wrong(account, half)).code).toBe('UNAUTHENTICATED')
    expect((await right(account, half)).code).toBe('RATE_LIMITED')

    const other = await one.register()
    const answers = await Promise.all(Array.from({ length: 100 }, () => wrong(other, one)))
    expect(answers.filter(({ code }) => code === 'UNAUTHENTICATED')).toHaveLength(5)
  })
})
