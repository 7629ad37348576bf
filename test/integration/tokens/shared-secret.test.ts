import { describe, expect, it } from 'vitest'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, TEST_ENVIRONMENT, type Instance } from '../../support/service.js'

const PROFILE = '{ profile { id } }'

describe('a shared secret', () => {
  it('publishes no keys', async () => {
    const service = await startService()
    expect((await fetch(`${service.url}/.well-known/jwks.json`)).status).toBe(404)
    await service.stop()
  })

  it('can be rotated without signing out users', async () => {
    const before = await startService()
    const [old, next] = [TEST_ENVIRONMENT.JWT_SECRET, 'next-jwt-secret-0123456789abcdef0123456789']
    const env = { DATABASE_URL: before.database.url, REDIS_URL: testRedisUrl() }
    // Each step as in a rolling restart, next to an instance of the previous step.
    const prepared = await startInstance({ ...env, JWT_SECRET: old, JWT_SECRET_PREVIOUS: next })
    const changed = await startInstance({ ...env, JWT_SECRET: next, JWT_SECRET_PREVIOUS: old })
    const done = await startInstance({ ...env, JWT_SECRET: next })
    const account = await before.signUp()
    const fresh = await changed.login(account)
    const accepts = async (instance: Instance, token: string) => !(await instance.graphql(PROFILE, {}, token)).code

    expect(await accepts(prepared, account.token)).toBe(true)
    expect(await accepts(prepared, fresh.token)).toBe(true)
    expect(await accepts(changed, account.token)).toBe(true)
    expect(await accepts(changed, (await prepared.login(account)).token)).toBe(true)
    expect(await accepts(done, fresh.token)).toBe(true)
    expect(await accepts(done, account.token)).toBe(false)
    expect(await accepts(before, fresh.token)).toBe(false)
    for (const instance of [done, changed, prepared, before]) await instance.stop()
  })
})
