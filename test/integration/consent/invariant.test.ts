import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createFindFacts, type FindFacts } from '../../../services/consent/src/validation/consent-facts.js'
import { createValidation } from '../../../services/consent/src/validation/validation.js'
import { createCatalog } from '../../../services/consent/src/purposes/catalog.js'
import { createConsentDatabase, grantOf, newUser, type RunningConsent, startConsent } from '../../support/consent.js'
import type { TestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { type PrivateServer, privateRedis } from '../../support/servers.js'
import { startTokenIssuer } from '../../support/token-issuer.js'
import { until } from '../../support/wait.js'

const PURPOSE = 'notifications.marketing'
const USERS = 6
const CYCLES = 15

let issuer: Awaited<ReturnType<typeof startTokenIssuer>>
let database: TestDatabase
let redis: PrivateServer
/** Two processes would be the same: they share only the database and Redis. */
let instances: [RunningConsent, RunningConsent]

beforeAll(async () => {
  ;[issuer, database, redis] = await Promise.all([startTokenIssuer(), createConsentDatabase(), privateRedis()])
  const env = { REDIS_URL: redis.url, REVOCATION_REDIS_URL: testRedisUrl() }
  instances = [await startConsent(env, { database }), await startConsent(env, { database })]
})
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.stop()))
  await Promise.all([database.drop(), redis.remove(), issuer.stop()])
})

/** Asks whether the consent of a user is valid. Rejects during an outage. */
type Ask = (userId: string) => Promise<boolean>

const askInstance =
  (instance: RunningConsent): Ask =>
  async (userId) =>
    (await instance.rpc.validateConsent({ userId, purpose: PURPOSE }, instance.asService)).valid

/** Until it is answered: an outage of a busy machine says nothing about what was done. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await call()
    } catch (error) {
      if ((error as { code?: number }).code !== 14) throw error
    }
}

interface Counts {
  revocations: number
  answers: number
  valid: number
  /** Valid, although asked after an acknowledged revocation, with no grant begun since. */
  wrong: number
}

/** Users who grant and revoke again and again, while everyone asks all the time. */
async function load(asks: readonly Ask[]): Promise<Counts> {
  const counts = { revocations: 0, answers: 0, valid: 0, wrong: 0 }
  let running = USERS

  async function cycle(userId: string): Promise<void> {
    const [a, b] = instances
    let grants = 0
    let isRevoked = false
    async function ask(how: Ask): Promise<void> {
      const [before, wasRevoked] = [grants, isRevoked]
      const valid = await insist(() => how(userId))
      counts.answers += 1
      if (valid) counts.valid += 1
      if (valid && wasRevoked && grants === before) counts.wrong += 1
    }
    async function keepAsking(how: Ask): Promise<void> {
      while (grants < CYCLES || !isRevoked) await ask(how)
    }
    async function change(): Promise<void> {
      while (grants < CYCLES) {
        isRevoked = false
        grants += 1
        const [granting, revoking] = grants % 2 === 0 ? [a, b] : [b, a]
        await insist(() => granting.rpc.grantConsent(grantOf(PURPOSE, { userId }), granting.asService))
        await Promise.all(asks.map(ask))
        await insist(() => revoking.rpc.revokeConsent({ userId, purpose: PURPOSE }, revoking.asService))
        isRevoked = true
        counts.revocations += 1
        await Promise.all([...asks, ...asks].map(ask))
      }
    }
    await Promise.all([change(), ...asks.map(keepAsking)])
  }

  async function disturb(): Promise<void> {
    while (running > 0) {
      await redis.kill()
      await sleep(30)
      await redis.restart()
      await sleep(30)
      redis.freeze()
      await sleep(80)
      redis.thaw()
      await sleep(30)
    }
  }

  const users = Array.from({ length: USERS }, newUser)
  await Promise.all([disturb(), ...users.map((user) => cycle(user).finally(() => (running -= 1)))])
  for (const user of users) expect((await instances[0].verify(user)).finding).toBeNull()
  return counts
}

describe('while Redis dies, hangs and comes back', () => {
  it('no consent is valid after the response to its revocation', async () => {
    const counts = await load(instances.map(askInstance))
    expect(counts).toMatchObject({ revocations: USERS * CYCLES, wrong: 0 })
    // The load says something: both answers were given, many times.
    expect(counts.valid).toBeGreaterThan(USERS * CYCLES)
    expect(counts.answers - counts.valid).toBeGreaterThan(USERS * CYCLES)
  })

  it('the same load finds a cache that also knows what is valid', async () => {
    const findFacts = createFindFacts(instances[0].parts().database.read)
    const known = new Map<string, Awaited<ReturnType<FindFacts>>>()
    const remembering: FindFacts = async (pairs) => {
      const key = pairs.join()
      const cached = known.get(key)
      if (cached) return cached
      const found = await findFacts(pairs)
      if (found.size > 0) known.set(key, found)
      setTimeout(() => known.delete(key), 20)
      return found
    }
    const nothing = new Map<never, never>()
    const validation = createValidation({
      ...{ findFacts: remembering, onAnswered: () => undefined },
      denied: {
        ...{ inMemory: () => undefined, find: () => Promise.resolve(nothing), fill: () => Promise.resolve() },
        now: () => performance.now(),
      },
    })
    const purpose = createCatalog({ file: null, language: 'en', lifetimeDays: 1 }).find(PURPOSE)
    if (!purpose) throw new Error('There is no such purpose.')
    const broken: Ask = async (userId) => (await validation.check({ userId, purpose, scopes: [] })).valid
    expect((await load([broken])).wrong).toBeGreaterThan(0)
  })
})

describe('after a grant', () => {
  // The faults of the load have opened the breakers. Until they close, Redis takes note of no grant.
  beforeAll(() =>
    until('Redis is used again', () =>
      instances.every((instance) =>
        instance
          .parts()
          .breakers.statuses()
          .every(({ state }) => state === 'closed'),
      ),
    ),
  )

  it('is valid at once where it was given, and soon everywhere, although it was denied before', async () => {
    const [a, b] = instances
    const user = newUser()
    for (const instance of instances) expect(await askInstance(instance)(user)).toBe(false)
    await a.rpc.grantConsent(grantOf(PURPOSE, { userId: user }), a.asService)
    expect(await askInstance(a)(user)).toBe(true)
    await expect.poll(() => askInstance(b)(user)).toBe(true)
  })

  it('is valid at once where it was given, too, if Redis did not take note of it', async () => {
    const [a] = instances
    const user = newUser()
    const client = new Redis(redis.url)
    onTestFinished(() => client.disconnect())
    const known = () => client.get(`consent_denied:${user}:${PURPOSE}`)
    const denied = await until('Redis has the denial', async () => !(await askInstance(a)(user)) && known())
    // It takes no writes.
    await client.config('SET', 'maxmemory', '1')
    await a.rpc.grantConsent(grantOf(PURPOSE, { userId: user }), a.asService)
    await client.config('SET', 'maxmemory', '0')
    expect(await known()).toBe(denied)
    expect(await askInstance(a)(user)).toBe(true)
  })
})

describe('while the database is away', () => {
  it('there is no answer but that it is unavailable, also for what was valid', async () => {
    // A user whom no cache knows.
    const user = newUser()
    const [instance] = instances
    await instance.rpc.grantConsent(grantOf(PURPOSE, { userId: user }), instance.asService)
    await instance.parts().database.close()
    const failure = await askInstance(instance)(user).then(
      () => null,
      (error: unknown) => (error as { code: number }).code,
    )
    expect(failure).toBe(14)
  })
})
