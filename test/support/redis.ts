import { Redis } from 'ioredis'

/** The database of this test process on the shared server. No other file uses it at the same time. */
export function testRedisUrl(): string {
  const base = process.env['TEST_REDIS_URL']
  if (!base) throw new Error('TEST_REDIS_URL is not set: run the tests with npm test')
  const url = new URL(base)
  url.pathname = `/${process.env['VITEST_POOL_ID'] ?? '0'}`
  return url.toString()
}

/** Connects and empties it. */
export async function connectTestRedis(url = testRedisUrl()): Promise<Redis> {
  const redis = new Redis(url, { protocol: 2 })
  await redis.flushdb()
  return redis
}
