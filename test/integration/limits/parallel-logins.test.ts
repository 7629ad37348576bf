import { describe, expect, it } from 'vitest'
import { createDevices, createLockOut } from '../../../src/services/limits/index.js'
import { createLoginAttemptRepository } from '../../../src/repositories/limits/login-attempts.js'
import { LOGIN } from '../../support/client.js'
import { eachWithInstances } from '../../support/limited-instances.js'
import { hashes, LOCK_OUT_ENVIRONMENT, right, wrong } from '../../support/logins.js'
import { startServiceProcess } from '../../support/process.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

const { start, redis, urls } = eachWithInstances(LOCK_OUT_ENVIRONMENT)

describe('parallel logins of one account', () => {
  it('let exactly five of 1,000 parallel wrong passwords reach argon2, over two instances', async () => {
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

  it('let 30 simultaneous logins with the right password all succeed, over two instances', async () => {
    const both = await Promise.all([start(), start()])
    const account = await both[0].register()
    for (let n = 0; n < 3; n++) await wrong(account, both[0])
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => right(account, both[n % 2]!)))
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 30 }, () => undefined))
    expect((await wrong(account, both[1])).code).toBe('UNAUTHENTICATED')
    expect((await wrong(account, both[1])).code).toBe('UNAUTHENTICATED')
    expect((await right(account, both[1])).code).toBe('RATE_LIMITED')
  })

  it('let exactly five wrong passwords reach argon2 among right ones', async () => {
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

  it('of an instance that was killed count as failed once they lapse', async () => {
    const slow = { ARGON2_MEMORY_KIB: '65536', ARGON2_TIME_COST: '5', HASH_CONCURRENCY: '1' }
    const service = await startServiceProcess({ ...urls(), ...LOCK_OUT_ENVIRONMENT, ...slow })
    const { id, email } = await service.register()
    const input = { email, password: 'wrong password' }
    const lost = Array.from({ length: 5 }, () => service.graphql(LOGIN, { input }).catch(() => null))
    const reserved = async () => {
      const [key] = await redis().keys('limits:attempts:*')
      return key !== undefined && (await redis().zcard(key)) === 5
    }
    await until('five attempts are in progress', reserved)
    service.kill('SIGKILL')
    await Promise.all([service.finished, ...lost])

    let now = Date.now() + 20_000
    const lockOut = createLockOut({
      attempts: createLoginAttemptRepository(redis()),
      ...{ devices: createDevices('key'), rule: { limit: 5, seconds: 60 }, processes: 1 },
      ...{ key: TEST_ENVIRONMENT.REFRESH_KEY, initialMs: 0, maxWaiting: 250, clock: () => new Date(now) },
    })
    const begin = () =>
      lockOut.begin({ account: { id, generation: 0 }, name: email, deviceToken: '' }, new AbortController().signal)
    await expect(begin()).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    now += 60_000
    await (await begin()).withdrawn()
  })

  it('give a request with aliases no more attempts: the first failure ends it', async () => {
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
})
