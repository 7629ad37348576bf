import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { privateMariadb, privateRedis, type PrivateServer } from '../../support/servers.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

const LOGOUT = 'mutation { logout }'
const PROFILE = '{ profile { id } }'

/** Sends requests without pause while `during` runs, and returns all codes. */
async function trafficDuring(send: () => Promise<{ code: string | undefined }>, during: () => Promise<void>) {
  const codes = new Set<string>()
  let over = false
  const traffic = Array.from({ length: 4 }, async () => {
    while (!over) codes.add((await send()).code ?? 'OK')
  })
  await during().finally(() => (over = true))
  await Promise.all(traffic)
  return codes
}

describe('Redis', () => {
  let redis: PrivateServer
  let service: Service

  beforeAll(async () => {
    redis = await privateRedis()
    service = await startService({ REDIS_URL: redis.url })
  })
  afterAll(async () => {
    await service.stop()
    await redis.remove()
  })

  it('killed during traffic changes no response', async () => {
    const { username, token } = await service.signUp()
    const query = `{ checkUsernameAvailability(username: "${username}") { available } }`
    const wrong: unknown[] = []
    const ask = async () => {
      const answer = await service.graphql(query)
      if (answer.data?.['checkUsernameAvailability'].available !== false) wrong.push(answer.text)
      return answer
    }
    const codes = await trafficDuring(ask, async () => {
      await redis.kill()
      const newcomer = await service.register()
      expect(await service.isAvailable(newcomer.username)).toBe(false)
      await service.succeed(PROFILE, {}, token)
      await redis.restart()
    })
    expect({ codes, wrong }).toEqual({ codes: new Set(['OK']), wrong: [] })
  })

  it('does not block a logout while it is unavailable, and gets the revocation afterwards', async () => {
    const { token } = await service.signUp()
    const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }
    await redis.kill()
    await service.succeed(LOGOUT, {}, token)
    expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/^postern_revocation_backlog [1-9]/m)
    await redis.restart()
    const client = new Redis(redis.url)
    await until('the revocation is delivered', () => client.exists(`blacklist:${jti}`))
    client.disconnect()
    await until('the backlog is gone', async () =>
      (await (await fetch(`${service.url}/metrics`)).text()).includes('\npostern_revocation_backlog 0\n'),
    )
  })

  it('frozen delays a check by 50 ms and a logout by 100, and neither fails', async () => {
    const { username, token } = await service.signUp()
    redis.freeze()
    try {
      const began = performance.now()
      expect(await service.isAvailable(username)).toBe(false)
      expect(await service.isAvailable(unique())).toBe(true)
      await service.succeed(LOGOUT, {}, token)
      // Far less than a command of the revocation stream may take.
      expect(performance.now() - began).toBeLessThan(1500)
      await service.register()
    } finally {
      redis.thaw()
    }
  })
})

describe('MariaDB', () => {
  let mariadb: PrivateServer
  let database: TestDatabase
  let service: Instance

  beforeAll(async () => {
    mariadb = await privateMariadb()
    database = await createTestDatabase({ server: mariadb.url })
    service = await startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '2' })
  })
  afterAll(async () => {
    await service.stop()
    await mariadb.remove()
  })

  it('restarted during traffic is an outage, never an invalid token, and the pools recover', async () => {
    const account = await service.signUp()
    const input = { email: account.email, password: account.password }
    let i = 0
    const ask = () =>
      [
        () => service.graphql(PROFILE, {}, account.token),
        () => service.graphql(LOGIN, { input }),
        () => service.graphql(REGISTER, { input: { ...input, email: `${unique()}@example.com` } }),
        () => service.graphql(`{ checkUsernameAvailability(username: "${unique()}") { available } }`),
      ][i++ % 4]!()
    const codes = await trafficDuring(ask, async () => {
      await mariadb.kill()
      await until('the outage is noticed', async () => (await fetch(`${service.url}/health/ready`)).status === 503)
      await mariadb.restart()
      await until('the service is ready again', async () => (await fetch(`${service.url}/health/ready`)).ok)
    })
    expect([...codes].toSorted()).toEqual(['OK', 'SERVICE_UNAVAILABLE'])
    for (let round = 0; round < 30; round++) {
      await service.succeed(PROFILE, {}, account.token)
      await service.login(account)
    }
  })

  it('frozen leads to SERVICE_UNAVAILABLE within the timeout', async () => {
    const account = await service.signUp()
    mariadb.freeze()
    try {
      const began = performance.now()
      const answers = await Promise.all([
        service.graphql(PROFILE, {}, account.token),
        service.graphql(LOGIN, { input: { email: account.email, password: account.password } }),
        service.graphql(LOGOUT, {}, account.token),
        service.graphql(`{ checkUsernameAvailability(username: "${unique()}") { available } }`),
      ])
      expect(answers.map(({ code, status }) => [status, code])).toEqual(Array(4).fill([200, 'SERVICE_UNAVAILABLE']))
      // The timeout is 2 s. Whoever waited twice would take 4.
      expect(performance.now() - began).toBeLessThan(4000)
    } finally {
      mariadb.thaw()
    }
    await until('the service is healthy again', async () => (await service.graphql(PROFILE, {}, account.token)).data)
  })
})
