import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startInstance, type Instance } from '../../support/service.js'
import { unique } from '../../support/client.js'
import { until } from '../../support/wait.js'

const PROFILE = '{ profile { id } }'

let redis: RedisServer
let other: RedisServer
let database: TestDatabase
let service: Instance

beforeAll(async () => {
  ;[redis, other, database] = await Promise.all([
    startRedis('--enable-debug-command', 'local', '--maxmemory-policy', 'noeviction'),
    startRedis(),
    createTestDatabase(),
  ])
  service = await startInstance({ DATABASE_URL: database.url, REDIS_URL: redis.url })
})
afterAll(async () => {
  await service.stop()
  await Promise.all([redis.stop(), other.stop(), database.drop()])
})

const allClosed = () => service.app.breakers().every(({ state }) => state === 'closed')
afterEach(() => until('the breakers are closed', allClosed))

const jtiOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti

/** What the service must do without Redis. */
async function worksAsUsual(): Promise<string> {
  const { username, token } = await service.signUp()
  expect(await service.isAvailable(username)).toBe(false)
  expect(await service.isAvailable(unique())).toBe(true)
  await service.succeed('mutation { logout }', {}, token)
  expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
  return jtiOf(token)
}

const isDelivered = (jti: string) =>
  until('the logout is delivered', async () => (await redis.redis.exists(`blacklist:${jti}`)) === 1)

/** Disconnects everyone, as a restart does. */
const disconnectAll = () => redis.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')

interface Fault {
  begin: () => Promise<unknown>
  end: () => Promise<unknown>
}

const FAULTS: Record<string, Fault> = {
  'has no memory left': {
    begin: () => redis.redis.config('SET', 'maxmemory', '1'),
    end: () => redis.redis.config('SET', 'maxmemory', '0'),
  },
  'is a replica, as the old primary after a failover': {
    begin: () => redis.redis.replicaof('127.0.0.1', other.port),
    end: () => redis.redis.replicaof('NO', 'ONE'),
  },
  'has another password': {
    async begin() {
      await redis.redis.config('SET', 'requirepass', 'another')
      await disconnectAll()
    },
    end: () => redis.redis.config('SET', 'requirepass', ''),
  },
  hangs: {
    begin: () => Promise.resolve(redis.freeze()),
    end: () => Promise.resolve(redis.thaw()),
  },
}

describe('Redis', () => {
  it.each(Object.entries(FAULTS))('that %s stops no operation, and gets the logout afterwards', async (_, fault) => {
    await fault.begin()
    let jti: string
    try {
      jti = await worksAsUsual()
    } finally {
      await fault.end()
    }
    await isDelivered(jti)
  })

  it('that is killed and comes back empty gets every logout again', async () => {
    const before = await worksAsUsual()
    await isDelivered(before)
    await redis.restart()
    const after = await worksAsUsual()
    await Promise.all([isDelivered(before), isDelivered(after)])
  })

  it('that is emptied gets every logout again', async () => {
    const jti = await worksAsUsual()
    await isDelivered(jti)
    await redis.redis.flushall()
    await isDelivered(jti)
  })

  it('that loads its data stops no operation, and gets the logout afterwards', async () => {
    const admin = new Redis(redis.url)
    await admin.call('DEBUG', 'POPULATE', '3000')
    // Loading takes 3 s, and Redis answers -LOADING after each kilobyte of it.
    await admin.config('SET', 'key-load-delay', '1000')
    await admin.config('SET', 'loading-process-events-interval-bytes', '1024')
    const reloaded = admin.call('DEBUG', 'RELOAD')
    await until('Redis is loading', async () =>
      redis.redis.get('any').then(
        () => false,
        (error: unknown) => String(error).includes('LOADING'),
      ),
    )
    const jti = await worksAsUsual()
    await reloaded
    await admin.config('SET', 'key-load-delay', '0')
    admin.disconnect()
    await isDelivered(jti)
  })
})
