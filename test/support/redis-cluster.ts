import { execFileSync } from 'node:child_process'
import { startRedis, type RedisServer } from './redis-server.js'
import { until } from './wait.js'

/** Three servers that share the slots of one cluster. */
export async function startRedisCluster(): Promise<RedisServer[]> {
  const servers = await Promise.all(
    [1, 2, 3].map(() => startRedis('--cluster-enabled', 'yes', '--cluster-node-timeout', '2000')),
  )
  const nodes = servers.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes'], { stdio: 'pipe' })
  // It takes a moment until each node knows that all slots are assigned.
  await until(
    'every node knows the cluster',
    async () => {
      const states = await Promise.all(servers.map(({ redis }) => redis.cluster('INFO')))
      return states.every((state) => state.includes('cluster_state:ok'))
    },
    { seconds: 60 },
  )
  return servers
}
