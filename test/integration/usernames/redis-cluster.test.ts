import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRedisCluster } from '../../support/redis-cluster.js'
import type { RedisServer } from '../../support/redis-server.js'
import { unique } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let nodes: RedisServer[] = []
let service: Service

beforeAll(async () => {
  nodes = await startRedisCluster()
  service = await startService({
    REDIS_URL: nodes[0]!.url,
    REDIS_CLUSTER: 'true',
    REVOCATION_REDIS_URL: testRedisUrl(),
  })
})
afterAll(async () => {
  await service.stop()
  await Promise.all(nodes.map((node) => node.stop()))
})

const checkAll = (usernames: string[]) => Promise.all(usernames.map((username) => service.isAvailable(username)))
const keysIn = async () => Promise.all(nodes.map(({ redis }) => redis.dbsize()))

it('caches usernames on all nodes of a cluster, and queries each for its own', async () => {
  const taken = await Promise.all(Array.from({ length: 24 }, async () => (await service.register()).username))
  await until('every node holds some usernames', async () => {
    // Each check caches what it finds in MySQL, should a write after a registration have timed out.
    await checkAll(taken)
    return (await keysIn()).every((count) => count > 0)
  })

  // Only in Redis: if a check reports one as taken, it found it there.
  const onlyInRedis = Array.from({ length: 24 }, () => unique())

  for (const username of onlyInRedis) {
    for (const { redis } of nodes) await redis.set(`username_exists:${username}`, '1').catch(() => undefined)
  }
  const free = Array.from({ length: 24 }, () => unique())
  // A check whose node takes longer than 50 ms is answered by MySQL, which does not have these.
  await until('each is found on its node', async () => (await checkAll(onlyInRedis)).every((available) => !available))
  const answers = await checkAll([...taken, ...free])
  expect(answers).toEqual([...taken.map(() => false), ...free.map(() => true)])
})

it('counts checks on the node that holds the counts', async () => {
  const { deliver } = service.app.services.usernames.statistics
  await checkAll([unique(), 'admin'])
  await deliver()
  const counts = nodes.map(({ redis }) => redis.hgetall('{username_statistics}:counts').catch(() => ({})))
  expect((await Promise.all(counts)).flatMap((count) => Object.keys(count))).toContain('since')
})

it('answers from MySQL for usernames on a lost node', async () => {
  const { username } = await service.register()
  await nodes[2]!.restart()
  expect(await checkAll([username, unique()])).toEqual([false, true])
})
