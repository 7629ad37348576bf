import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { startServiceProcess } from '../../support/process.js'
import { privateRedis } from '../../support/servers.js'

it('warns at the start if Redis may evict the revocation stream', async () => {
  const [redis, database] = [await privateRedis(), await createTestDatabase()]
  const client = new Redis(redis.url)
  const logOfStart = async (policy: string) => {
    await client.config('SET', 'maxmemory-policy', policy)
    const service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: redis.url })
    // After a login and a logout, the connection has been ready for a while.
    const { token } = await service.signUp()
    await service.succeed('mutation { logout }', {}, token)
    service.kill('SIGTERM')
    return (await service.finished).stdout
  }
  expect(await logOfStart('allkeys-lru')).toContain('set maxmemory-policy noeviction')
  expect(await logOfStart('noeviction')).not.toContain('maxmemory-policy')
  client.disconnect()
  await redis.remove()
  await database.drop()
})
