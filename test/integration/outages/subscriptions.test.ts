import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { startInstance, type Instance } from '../../support/service.js'
import { bearer, follow, overWebSocket, REVOKED } from '../../support/subscriptions.js'
import { until } from '../../support/wait.js'

let redis: RedisServer
let database: TestDatabase
let service: Instance
let other: Instance

beforeAll(async () => {
  ;[redis, database] = await Promise.all([startRedis(), createTestDatabase()])
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url }
  ;[service, other] = await Promise.all([startInstance(env), startInstance(env)])
})
afterAll(async () => {
  await Promise.all([service.stop(), other.stop()])
  await Promise.all([redis.stop(), database.drop()])
})

async function connect() {
  const user = await service.signUp()
  const client = overWebSocket(service.url, bearer(user.token))
  const stream = await follow(client, REVOKED)
  await until('the connection is signed in', () => service.app.services.subscriptions.countOf(user.id) === 1)
  return { user, client, stream }
}

const logout = (token: string) => other.succeed('mutation { logout }', {}, token)

const listeners = async () => (await redis.redis.pubsub('NUMSUB', 'postern_activity'))[1]

it('a session that is ended while Redis is down is closed within seconds', async () => {
  const { user, client } = await connect()
  await redis.kill()
  await logout(user.token)
  const started = performance.now()
  expect(await client.closed()).toMatchObject({ code: 4401 })
  // It polls every two seconds. Only the order of magnitude is tested: the machine may be busy.
  expect(performance.now() - started).toBeLessThan(25_000)
  await redis.restart()
})

it('a session that was ended while Redis did not respond is closed, too', async () => {
  const { user, client } = await connect()
  redis.freeze()
  await logout(user.token)
  expect(await client.closed()).toMatchObject({ code: 4401 })
  redis.thaw()
})

it('after a restart of Redis, messages arrive again', async () => {
  const { user, client } = await connect()
  await redis.restart()
  await until('the service listens again', async () => Number(await listeners()) > 0)
  await logout(user.token)
  expect(await client.closed()).toMatchObject({ code: 4401 })
})

it('a forged message of Redis signs nobody out', async () => {
  const { user, client, stream } = await connect()
  await until('the service listens', async () => Number(await listeners()) > 0)
  const forged = { v: 1, scope: 'user', sub: user.id, gen: 99, exp: 9_999_999_999, reason: 'forged' }
  await redis.redis.publish('token_invalidation', JSON.stringify(forged))
  await redis.redis.publish('postern_activity', `${user.id},nonsense`)
  // A later event proves that the messages before it were handled.
  await until('the event of another session has arrived', async () => {
    await logout((await service.login(user)).token)
    return stream.events.length > 0
  })
  expect(client.closes).toEqual([])
  expect(stream.events.filter(({ current }) => current)).toEqual([])
  await client.dispose()
})
