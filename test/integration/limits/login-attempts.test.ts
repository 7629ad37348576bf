import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Redis } from 'ioredis'
import { createLoginAttemptRepository, type AttemptStore } from '../../../src/repositories/limits/login-attempts.js'
import { createProcessAttempts } from '../../../src/services/limits/process-attempts.js'
import { unique } from '../../support/client.js'
import { connectTestRedis } from '../../support/redis.js'

const MINUTE = 60_000
const RULE = {
  failures: 5,
  locksMs: [1, 2, 4, 8, 16, 30].map((minutes) => minutes * MINUTE),
  failuresKeptMs: 60 * MINUTE,
  locksKeptMs: 360 * MINUTE,
}

let redis: Redis
beforeAll(async () => {
  redis = await connectTestRedis()
})
afterAll(() => redis.disconnect())

/** Both stores, with the same clock that the test sets. */
describe.each<[string, () => AttemptStore]>([
  ['in Redis', () => createLoginAttemptRepository(redis)],
  ['in a process', () => createProcessAttempts()],
])('login attempts %s', (_where, create) => {
  const start = Date.UTC(2026, 10, 29)
  let now = start

  function begin() {
    now = start
    const store = create()
    const key = unique()
    const reserve = () => store.reserve(key, RULE, now)
    const fail = async (times: number) => {
      for (let n = 0; n < times; n++) expect(await reserve()).toHaveProperty('round')
    }
    const locked = async () => {
      const answer = await reserve()
      return 'lockedMs' in answer ? answer.lockedMs / MINUTE : 0
    }
    return { store, key, reserve, fail, locked }
  }

  it('lock for 1, 2, 4, 8, 16 and then 30 minutes, after five failures each time', async () => {
    const { fail, locked } = begin()
    for (const minutes of [1, 2, 4, 8, 16, 30, 30]) {
      await fail(5)
      expect(await locked()).toBe(minutes)
      now += minutes * MINUTE - 1
      expect(await locked()).toBeGreaterThan(0)
      now += 1
    }
  })

  it('reserve exactly five of 1,000 parallel ones', async () => {
    const { reserve } = begin()
    const answers = await Promise.all(Array.from({ length: 1000 }, reserve))
    expect(answers.filter((answer) => 'round' in answer)).toHaveLength(5)
  })

  it('are given back on success, which also ends the lock that the attempt has started', async () => {
    const { store, key, reserve, fail, locked } = begin()
    await fail(4)
    const last = await reserve()
    expect(await locked()).toBe(1)
    await store.giveBack(key, 'round' in last ? last.round : -1)
    await fail(1)
    expect(await locked()).toBe(1)
  })

  it('are not given back to a later round', async () => {
    const { store, key, fail, locked } = begin()
    await fail(5)
    now += MINUTE
    await fail(5)
    await store.giveBack(key, 0)
    expect(await locked()).toBe(2)
  })

  it('are all forgotten on request', async () => {
    const { store, key, fail, locked } = begin()
    await fail(5)
    await store.forget(key)
    await fail(5)
    expect(await locked()).toBe(1)
  })
})

it('leave Redis after the time that they count', async () => {
  const store = createLoginAttemptRepository(redis)
  const [tried, locked, succeeded] = [unique(), unique(), unique()]
  const minutes = async (key: string) => Math.ceil((await redis.pttl(`limits:login:${key}`)) / MINUTE)

  await store.reserve(tried, RULE, Date.now())
  expect(await minutes(tried)).toBe(60)
  for (let n = 0; n < 5; n++) await store.reserve(locked, RULE, Date.now())
  expect(await minutes(locked)).toBe(361)
  await store.reserve(succeeded, RULE, Date.now())
  await store.giveBack(succeeded, 0)
  expect(await redis.exists(`limits:login:${succeeded}`)).toBe(0)
})
