import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

let service: Service
let raised: Instance

beforeAll(async () => {
  service = await startService()
  for (let n = 0; n < 3; n++) await service.register()
  // About a hundred times the cost of the stored hashes.
  const cost = { ARGON2_MEMORY_KIB: '65536', ARGON2_TIME_COST: '2' }
  raised = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ...cost })
})
afterAll(async () => {
  await raised.stop()
  await service.stop()
})

/** The time that this instance has spent on hashes, in seconds. */
async function secondsHashed(): Promise<number> {
  const text = await (await fetch(`${raised.url}/metrics`)).text()
  return Number(/^postern_password_hash_duration_seconds_sum (\S+)$/m.exec(text)?.[1])
}

/** The least that it costs of several times: a busy machine makes some of them longer. */
async function costOf(work: () => Promise<unknown>): Promise<number> {
  const costs: number[] = []
  for (let n = 0; n < 5; n++) {
    const before = await secondsHashed()
    await work()
    costs.push((await secondsHashed()) - before)
  }
  return Math.min(...costs)
}

describe('after the cost of hashing was raised', () => {
  it('a login for an unknown name is as cheap as one for the accounts, whose hashes are old', async () => {
    const unknown = await costOf(async () => {
      const input = { email: `${unique()}@example.com`, password: 'a guess' }
      expect((await raised.graphql(LOGIN, { input })).code).toBe('UNAUTHENTICATED')
    })
    const newHash = await costOf(() => raised.register())
    expect(2 * unknown).toBeLessThan(newHash)
  })
})
