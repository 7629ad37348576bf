import { afterEach, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateRedis } from '../../support/servers.js'
import { startInstance, startService, type Instance } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { until } from '../../support/wait.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function get(service: Instance, path: string) {
  const response = await fetch(service.url + path)
  return { status: response.status, body: (await response.json()) as Record<string, any> }
}

const BREAKERS = [
  'mysql_reads',
  'mysql_lookups',
  'mysql_updates',
  'mysql_writes',
  'mysql_prisma',
  'redis_cache',
  'redis_stream',
]

const UP = { mysql: 'up', redis: 'up', revocationRedis: 'up', hasher: 'up' }

describe('the health checks', () => {
  it('name the state of every component, its latency and the version', async () => {
    const service = await startService()
    cleanups.push(() => service.stop())
    await until('Redis is connected', async () => (await get(service, '/readyz')).body['status'] === 'up')
    expect(await get(service, '/livez')).toEqual({ status: 200, body: { status: 'ok' } })
    expect(await get(service, '/health/live')).toEqual({ status: 200, body: { status: 'ok' } })
    expect(await get(service, '/readyz')).toEqual({ status: 200, body: { status: 'up', ...UP } })
    expect(await get(service, '/health/ready')).toEqual({ status: 200, body: UP })
    const { status, body } = await get(service, '/health')
    const component = { state: 'up', milliseconds: expect.any(Number) as number }
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        ...{ status: 'up', version: expect.stringMatching(/^\d+\.\d+\.\d+/), uptimeSeconds: expect.any(Number) },
        components: { mysql: component, redis: component, revocationRedis: component, hasher: component },
        breakers: Object.fromEntries(BREAKERS.map((name) => [name, 'closed'])),
      },
    })
  })

  it('show only the status in production, without the token of the metrics', async () => {
    const token = 'm'.repeat(32)
    const service = await startService({ NODE_ENV: 'production', HOST: '127.0.0.1', METRICS_TOKEN: token })
    cleanups.push(() => service.stop())
    await until('Redis is connected', async () => (await get(service, '/readyz')).body['status'] === 'up')
    expect(await get(service, '/health')).toEqual({ status: 200, body: { status: 'up' } })
    for (const [sent, isShown] of [
      [`Bearer ${token}`, true],
      [`Bearer ${token}x`, false],
      [token, false],
    ] as const) {
      const response = await fetch(`${service.url}/health`, { headers: { authorization: sent } })
      expect(Object.keys((await response.json()) as object).includes('breakers')).toBe(isShown)
    }
  })

  it('stay successful without Redis, as degraded', async () => {
    const redis = await privateRedis()
    cleanups.push(() => redis.remove())
    const service = await startService({ REDIS_URL: redis.url })
    cleanups.push(() => service.stop())
    redis.freeze()
    await until('it is degraded', async () => (await get(service, '/readyz')).body['status'] === 'degraded')
    expect(await get(service, '/readyz')).toMatchObject({ status: 200, body: { mysql: 'up', redis: 'down' } })
    expect(await get(service, '/health')).toMatchObject({ status: 200, body: { status: 'degraded' } })
  })

  it('fail without MySQL', async () => {
    const database = await createTestDatabase()
    const proxy = await startTcpProxy(() => database.url)
    const env = { DATABASE_URL: proxy.through(database.url), DATABASE_TIMEOUT: '1', REDIS_URL: testRedisUrl() }
    const service = await startInstance(env)
    cleanups.push(
      () => database.drop(),
      () => service.stop(),
    )
    proxy.close()
    expect(await get(service, '/readyz')).toMatchObject({ status: 503, body: { status: 'down', mysql: 'down' } })
    expect(await get(service, '/health/ready')).toMatchObject({ status: 503, body: { mysql: 'down' } })
    expect(await get(service, '/health')).toMatchObject({
      ...{ status: 503, body: { status: 'down', components: { mysql: { state: 'down' } } } },
    })
    expect((await get(service, '/livez')).status).toBe(200)
    await until('/health shows that the breaker opened', async () => {
      const { breakers } = (await get(service, '/health')).body
      return breakers.mysql_reads !== 'closed' && breakers.redis_cache === 'closed'
    })
  })
})
