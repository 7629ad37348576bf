import { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { REVOCATION_STREAM } from '../src/protocol.js'
import { millisecondsToExit } from './support/exit.js'
import { key, outcome, until, validator } from './support/stream.js'
import { startRedisCluster } from '../../../test/support/redis-cluster.js'
import type { RedisServer } from '../../../test/support/redis-server.js'
import { createRelay, tokenRevocation, type Relay } from './support/relay.js'
import { claims, sign } from './support/tokens.js'

let servers: RedisServer[] = []
let cluster: Cluster
let relay: Relay

beforeAll(async () => {
  servers = await startRedisCluster()
  cluster = new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port })))
  relay = createRelay(cluster, key)
  await relay.openEpoch()
  await relay.start()
})
afterAll(async () => {
  relay.stop()
  cluster.disconnect()
  await Promise.all(servers.map((server) => server.stop()))
})

it('follows the revocation stream in a cluster of three while its slot moves to another node', async () => {
  const sessions = await validator({ redis: cluster, whenDisconnected: 'allow' })
  expect(sessions.status()).toMatchObject({ ready: true, epoch: 1 })
  const [one, two] = [claims(), claims()]
  await relay.revoke(tokenRevocation(one.jti))
  await until(() => outcome(sessions, sign(one)) === 'revoked', 1000)

  await moveTheLog()
  await relay.revoke(tokenRevocation(two.jti))
  await until(() => outcome(sessions, sign(two)) === 'revoked')
  await until(() => sessions.status().lagMs! < 2500)
  expect(outcome(sessions, sign(one))).toBe('revoked')
})

it('needs no more from a cluster than XREAD, XRANGE, CLUSTER SLOTS and CLUSTER INFO', async () => {
  const rules = [`%R~${REVOCATION_STREAM}`, '-@all', '+xread', '+xrange', '+cluster|slots', '+cluster|info']
  for (const { redis } of servers) await redis.acl('SETUSER', 'validator', 'on', '>pw', 'resetkeys', ...rules)
  const redisOptions = { username: 'validator', password: 'pw' }
  const restricted = new Cluster([{ host: '127.0.0.1', port: servers[0]!.port }], { redisOptions, lazyConnect: true })
  const sessions = await validator({ redis: restricted })
  expect(sessions.status().ready).toBe(true)
})

it('lets a program end within 500 ms after close()', async () => {
  const nodes = JSON.stringify(servers.map(({ port }) => ({ host: '127.0.0.1', port })))
  const elapsed = await millisecondsToExit(`new Cluster(${nodes}, { lazyConnect: true })`)
  expect(elapsed).toBeLessThan(500)
})

it('reports that the URL of one node is not enough if another node has the stream', async () => {
  const errors: string[] = []
  const [owner] = await whereTheLogIs()
  const redis = servers[(owner + 1) % 3]!.url
  const sessions = await validator({ redis, waitForReady: 0.3, onError: ({ message }) => errors.push(message) })
  expect(sessions.status().ready).toBe(false)
  expect(errors[0]).toMatch(/^MOVED/)
})

/** The index of the server that has the stream's slot, and the slot. */
async function whereTheLogIs(): Promise<[owner: number, slot: number]> {
  const slot = await servers[0]!.redis.cluster('KEYSLOT', REVOCATION_STREAM)
  const held = await Promise.all(servers.map(({ redis }) => redis.cluster('COUNTKEYSINSLOT', slot)))
  return [held.findIndex((count) => count > 0), slot]
}

async function moveTheLog(): Promise<void> {
  const [owner, slot] = await whereTheLogIs()
  const [source, target] = [servers[owner]!.redis, servers[(owner + 1) % 3]!]
  const id = (redis: typeof source) => redis.cluster('MYID')
  await target.redis.cluster('SETSLOT', slot, 'IMPORTING', await id(source))
  await source.cluster('SETSLOT', slot, 'MIGRATING', await id(target.redis))
  await source.call('MIGRATE', '127.0.0.1', target.port, '', 0, 5000, 'KEYS', REVOCATION_STREAM)
  const owned = await id(target.redis)
  for (const { redis } of servers) await redis.cluster('SETSLOT', slot, 'NODE', owned)
}
