import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRevocationStream } from '../../../src/repositories/revocations/revocation-stream.js'
import { connectTestRedis } from '../../support/redis.js'

const STREAM = 'token_invalidation_log'
/** More than XTRIM keeps when it is approximate. */
const ENTRIES = 500
const AGE_SECONDS = 60

let redis: Redis

beforeAll(async () => {
  redis = await connectTestRedis()
})
beforeEach(() => redis.del(STREAM))
afterAll(() => redis.quit())

const streamAt = (offsetSeconds: number) =>
  createRevocationStream(redis, (work) => work(), {
    key: Buffer.alloc(32),
    now: () => new Date(Date.now() + offsetSeconds * 1000),
  })

async function fill(): Promise<void> {
  const exp = Math.floor(Date.now() / 1000) + 900
  const stream = streamAt(0)
  const revocation = () =>
    ({ v: 1, scope: 'token', jti: randomUUID(), sub: randomUUID(), exp, reason: 'logout' }) as const
  await Promise.all(Array.from({ length: ENTRIES }, () => stream.append(1, revocation())))
}

it.each([
  ['an hour ahead', 3600],
  ['20 minutes ahead', 1200],
  ['20 minutes behind', -1200],
  ['an hour behind', -3600],
])('a database whose clock is %s removes no entry from the stream', async (_, offset) => {
  await fill()
  await streamAt(offset).trim(AGE_SECONDS)
  expect(await redis.xlen(STREAM)).toBe(ENTRIES)
})

it('entries that are older are removed', async () => {
  await fill()
  await streamAt(0).trim(-10)
  expect(await redis.xlen(STREAM)).toBeLessThan(ENTRIES)
})
