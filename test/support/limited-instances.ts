import { afterAll, afterEach, beforeAll } from 'vitest'
import { createTestDatabase, type TestDatabase } from './database.js'
import { startRedis, type RedisServer } from './redis-server.js'
import { startInstance, type Instance } from './service.js'

/** Instances that share a database and a Redis of their own, and end with each test. */
export function eachWithInstances(settings: Record<string, string>) {
  let database: TestDatabase
  let redis: RedisServer
  const instances: Instance[] = []

  beforeAll(async () => {
    ;[database, redis] = await Promise.all([createTestDatabase(), startRedis()])
  })
  afterEach(async () => {
    await Promise.all(instances.splice(0).map((instance) => instance.stop()))
    await redis.redis.flushall()
  })
  afterAll(() => Promise.all([database.drop(), redis.stop()]))

  return {
    redis: () => redis.redis,
    database: () => database,
    /** The variables by which another process uses the same servers. */
    urls: () => ({ DATABASE_URL: database.url, REDIS_URL: redis.url }),
    start: async (env: Record<string, string> = {}): Promise<Instance> => {
      const urls = { DATABASE_URL: database.url, REDIS_URL: redis.url }
      const instance = await startInstance({ ...urls, ...settings, ...env })
      instances.push(instance)
      return instance
    },
  }
}
