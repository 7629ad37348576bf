import { describe, expect, it } from 'vitest'
import { createDevices, createLockOut } from '../../../src/services/limits/index.js'
import { createLoginAttemptRepository } from '../../../src/repositories/limits/login-attempts.js'
import { LOGIN, unique } from '../../support/client.js'
import { eachWithInstances } from '../../support/limited-instances.js'
import { failFiveTimes, hashes, LOCK_OUT_ENVIRONMENT, right, wrong } from '../../support/logins.js'
import { startRedis } from '../../support/redis-server.js'

const { start, redis, database } = eachWithInstances(LOCK_OUT_ENVIRONMENT)

/** Locks after one failure. */
const createAlone = ({ initialMs }: { initialMs: number }) =>
  createLockOut({
    attempts: createLoginAttemptRepository(redis()),
    ...{ devices: createDevices('key'), rule: { limit: 1, seconds: 60 }, processes: 1, key: 'key' },
    ...{ initialMs, maxWaiting: 250, clock: () => new Date() },
  })

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

  it('does not count logins that succeed', async () => {
    const service = await start()
    const account = await service.register()
    for (let n = 0; n < 4; n++) await wrong(account, service)
    for (let n = 0; n < 6; n++) expect((await right(account, service)).code).toBeUndefined()
  })

  it('counts the right password of a disabled account as any wrong one', async () => {
    const service = await start()
    const account = await service.register()
    await database().query('UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?', [account.id])
    for (let n = 0; n < 5; n++) expect((await right(account, service)).code).toBe('UNAUTHENTICATED')
    expect((await right(account, service)).code).toBe('RATE_LIMITED')
  })

  it('lasts 1, 2, 4, 8, 16 and then 30 times as long as the first one', async () => {
    let now = Date.now()
    const lockOut = createLockOut({
      attempts: createLoginAttemptRepository(redis()),
      ...{ devices: createDevices('key'), rule: { limit: 1, seconds: 60 }, processes: 1, key: 'key' },
      ...{ initialMs: 0, maxWaiting: 250, clock: () => new Date(now) },
    })
    const target = { account: null, name: unique(), deviceToken: '' }
    const begin = () => lockOut.begin(target, new AbortController().signal)
    for (const minutes of [1, 2, 4, 8, 16, 30, 30]) {
      const attempt = await begin()
      expect(await attempt.verify(() => Promise.resolve(false))).toBe(false)
      await attempt.failed()
      await expect(begin()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: minutes * 60 })
      now += minutes * 60_000
    }
  })

  it('is off with RATE_LIMIT_LOGIN=0', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '0' })
    const account = await service.register()
    for (let n = 0; n < 10; n++) expect((await wrong(account, service)).code).toBe('UNAUTHENTICATED')
  })

  it('takes as long as a login usually does, and measures nothing that depends on the account', async () => {
    const lockOut = createAlone({ initialMs: 200 })
    for (const account of [null, { id: unique(), generation: 1 }]) {
      const target = { account, name: unique(), deviceToken: '' }
      const signal = new AbortController().signal
      const attempt = await lockOut.begin(target, signal)
      await attempt.failed()
      const began = performance.now()
      await expect(lockOut.begin(target, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60 })
      // Timers count whole milliseconds, from the beginning of the turn.
      expect(performance.now() - began).toBeGreaterThan(190)
    }
  })

  it('holds no request for the minutes that logins may take in an overload', async () => {
    const lockOut = createAlone({ initialMs: 3_600_000 })
    const target = { account: null, name: unique(), deviceToken: '' }
    const signal = new AbortController().signal
    await (await lockOut.begin(target, signal)).failed()
    await expect(lockOut.begin(target, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
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

  it.each(['INSTANCES', 'PREFORK'])('each process limits its own share of the attempts: %s', async (variable) => {
    const server = await startRedis()
    const env = { REDIS_URL: server.url }
    const [one, half] = [await start(env), await start({ ...env, [variable]: '2' })]
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
