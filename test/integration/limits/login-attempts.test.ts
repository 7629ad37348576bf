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
  undecidedMs: 20_000,
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
    const reserveOne = async () => {
      const answer = await reserve()
      return answer !== 'full' && 'id' in answer ? answer.id : expect.unreachable(JSON.stringify(answer))
    }
    const fail = async (times: number) => {
      for (let n = 0; n < times; n++) await store.fail(key, await reserveOne(), RULE, now)
    }
    /** In minutes. 0 if an attempt may be made, which it then is. */
    const locked = async () => {
      const answer = await reserve()
      return answer !== 'full' && 'lockedMs' in answer ? answer.lockedMs / MINUTE : 0
    }
    return { store, key, reserve, reserveOne, fail, locked }
  }

  it('lock for 1, 2, 4, 8, 16 and then 30 minutes, after five failures each time', async () => {
    const { store, key, fail, locked } = begin()
    expect(await store.lockedUntil(key)).toBe(0)
    for (const minutes of [1, 2, 4, 8, 16, 30, 30]) {
      await fail(5)
      expect(await locked()).toBe(minutes)
      expect(await store.lockedUntil(key)).toBe(now + minutes * MINUTE)
      now += minutes * MINUTE - 1
      expect(await locked()).toBeGreaterThan(0)
      now += 1
    }
  })

  it('reserve exactly five of 1,000 parallel ones, until one of them is decided', async () => {
    const { store, key, reserve, fail, locked } = begin()
    const answers = await Promise.all(Array.from({ length: 1000 }, reserve))
    const ids = answers.flatMap((answer) => (answer !== 'full' && 'id' in answer ? [answer.id] : []))
    expect(ids).toHaveLength(5)
    expect(answers.filter((answer) => answer === 'full')).toHaveLength(995)
    for (const id of ids.slice(1)) await store.fail(key, id, RULE, now)
    expect(await reserve()).toBe('full')
    await store.giveBack(key, ids[0]!)
    await fail(1)
    expect(await locked()).toBe(1)
  })

  it('do not count when they are given back, and count once when they fail', async () => {
    const { store, key, reserveOne, fail, locked } = begin()
    await fail(4)
    for (let n = 0; n < 10; n++) await store.giveBack(key, await reserveOne())
    await fail(1)
    const id = await reserveOne().catch(() => '')
    expect(id).toBe('')
    expect(await locked()).toBe(1)
  })

  it('count as failed when nothing decides them: the lock begins when they lapse', async () => {
    const { store, key, reserve, reserveOne, fail, locked } = begin()
    await fail(3)
    const lost = [await reserveOne(), await reserveOne()]
    expect(await reserve()).toBe('full')
    now += RULE.undecidedMs
    expect(await locked()).toBe(1)
    // Too late: they count already.
    await store.giveBack(key, lost[0]!)
    await store.fail(key, lost[1]!, RULE, now)
    now += MINUTE
    await fail(5)
    expect(await locked()).toBe(2)
  })

  it('that lapsed long ago lock nothing anymore', async () => {
    const { reserveOne, fail, locked } = begin()
    for (let n = 0; n < 5; n++) await reserveOne()
    now += 5 * MINUTE
    await fail(5)
    expect(await locked()).toBe(2)
  })

  it('are all forgotten on request, but for those in progress', async () => {
    const { store, key, reserve, reserveOne, fail, locked } = begin()
    await fail(3)
    const [inProgress, done] = [await reserveOne(), await reserveOne()]
    await store.forget(key, done)
    await fail(4)
    expect(await reserve()).toBe('full')
    await store.fail(key, inProgress, RULE, now)
    expect(await locked()).toBe(1)
  })
})

it('leave Redis after the time that they count', async () => {
  const store = createLoginAttemptRepository(redis)
  const [failed, locked, succeeded] = [unique(), unique(), unique()]
  const minutes = async (name: string) => Math.ceil((await redis.pttl(`limits:${name}`)) / MINUTE)
  const reserve = async (key: string) => ((await store.reserve(key, RULE, Date.now())) as { id: string }).id
  const fail = async (key: string) => store.fail(key, await reserve(key), RULE, Date.now())

  await fail(failed)
  expect(await minutes(`login:${failed}`)).toBe(60)
  await reserve(failed)
  expect(await minutes(`attempts:${failed}`)).toBe(60)
  for (let n = 0; n < 5; n++) await fail(locked)
  expect(await minutes(`login:${locked}`)).toBe(361)
  await store.giveBack(succeeded, await reserve(succeeded))
  expect(await redis.exists(`limits:login:${succeeded}`, `limits:attempts:${succeeded}`)).toBe(0)
})
