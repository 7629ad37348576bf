import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMysqlPool } from '@postern/service/database/mysql'
import { createWithConnection } from '@postern/service/database/connections'
import { createRead } from '@postern/service/database/reads'
import { createUsernameCache } from '../../../src/repositories/usernames/username-cache.js'
import { createUsernameRepository } from '../../../src/repositories/usernames/usernames.js'
import { createUsernameWarming } from '../../../src/services/usernames/warming.js'
import { unique } from '../../support/client.js'
import { connectTestRedis } from '../../support/redis.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let redis: Redis

beforeAll(async () => {
  redis = await connectTestRedis()
  service = await startService({ USERNAME_WARMING: '1000', USERNAME_CACHE_TTL: '2', USERNAME_HOLD: '0' })
})
afterAll(async () => {
  await service.stop()
  redis.disconnect()
})

const key = (username: string) => `username_exists:${username}`
const isKnown = async (username: string) => (await redis.exists(key(username))) === 1

it('loads taken usernames into an empty Redis before the first check, and no available ones', async () => {
  const { username } = await service.register()
  await redis.flushdb()
  await until('the username is in Redis', () => isKnown(username))
  const free = unique()
  expect(await service.isAvailable(free)).toBe(true)
  expect(await isKnown(free)).toBe(false)
})

it('writes a username again before it expires', async () => {
  const { username } = await service.register()
  const lowest = { ttl: Infinity }
  const deadline = performance.now() + 5000
  await until('two lifetimes of a key have passed', async () => {
    lowest.ttl = Math.min(lowest.ttl, await redis.pttl(key(username)))
    return performance.now() > deadline
  })
  // -2 would mean that it had expired.
  expect(lowest.ttl).toBeGreaterThan(0)
})

it('stops writing a released username', async () => {
  const { username, token } = await service.signUp()
  const rename = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { username } }'
  await service.succeed(rename, { input: { username: unique() } }, token)
  await until('the username is not in Redis', async () => !(await isKnown(username)))
  expect(await service.isAvailable(username)).toBe(true)
})

it('goes through all usernames at the configured pace, and after the first round only as fast as needed', async () => {
  const taken = await Promise.all(Array.from({ length: 25 }, async () => (await service.register()).username))
  const pool = createMysqlPool(service.database.server, { poolSize: 2, timeout: 5 })
  const usernames = createUsernameRepository(createRead(createWithConnection(pool, { timeout: 5 })))
  const scans: { limit: number; seen: number; last: string | null; canonicals: string[] }[] = []
  const step = createUsernameWarming({
    usernames: {
      ...usernames,
      async scan(after, limit, now) {
        const scan = await usernames.scan(after, limit, now)
        scans.push({ limit, ...scan, canonicals: [...scan.unavailable.keys()] })
        return scan
      },
    },
    cache: createUsernameCache(redis, { ttl: 60 }),
    clock: () => new Date(),
    pace: { ttl: 60, perStep: 10, stepsPerSecond: 1 },
  })
  do await step()
  while (scans.at(-1)?.last !== null)
  expect(scans.map(({ limit }) => limit)).toEqual(scans.map(() => 10))
  const round = scans.flatMap((scan) => scan.canonicals)
  expect(taken.filter((username) => !round.includes(username))).toEqual([])
  expect(new Set(round).size).toBe(round.length)
  for (const username of taken) expect(await isKnown(username)).toBe(true)

  const rows = scans.reduce((sum, { seen }) => sum + seen, 0)
  await step()
  expect(scans.at(-1)?.limit).toBe(Math.ceil(rows / 48))
  await pool.end()
})
