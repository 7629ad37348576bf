import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.js'
import { startRedis, type RedisServer } from './redis-server.js'
import { until } from './wait.js'

/** A primary, a replica, and three Sentinels that promote the replica a second after the primary died. */
export interface SentinelSetup {
  readonly primary: RedisServer
  readonly replica: RedisServer
  /** For all clients: redis+sentinel:// with the three Sentinels, the name and the passwords. */
  readonly url: string
  /** Makes the replica the primary, while the old one continues to run as its replica. */
  failover(): Promise<void>
  stop(): Promise<void>
}

const PASSWORD = 'the-password'
const SENTINEL_PASSWORD = 'the-sentinel-password'

export async function startSentinels({ name = 'mymaster' } = {}): Promise<SentinelSetup> {
  const access = ['--requirepass', PASSWORD, '--masterauth', PASSWORD, '--repl-diskless-sync-delay', '0']
  const primary = await startRedis(...access)
  const replica = await startRedis(...access, '--replicaof', '127.0.0.1', `${primary.port}`)
  await until('the replica is in sync', async () =>
    (await replica.redis.info('replication')).includes('master_link_status:up'),
  )
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(name, primary.port)))
  await until('the Sentinels know each other and the replica', async () => {
    const known = await Promise.all(
      sentinels.map(({ client }) => client.call('SENTINEL', 'CKQUORUM', name).catch(() => '')),
    )
    const replicas = await Promise.all(sentinels.map(({ client }) => client.call('SENTINEL', 'REPLICAS', name)))
    return (
      known.every((answer) => String(answer).startsWith('OK 3')) && replicas.every((one) => (one as []).length === 1)
    )
  })
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  return {
    primary,
    replica,
    url: `redis+sentinel://:${PASSWORD}@${hosts}/${name}?sentinel_password=${SENTINEL_PASSWORD}`,
    async failover() {
      await sentinels[0]!.client.call('SENTINEL', 'FAILOVER', name)
    },
    async stop() {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()))
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

async function startSentinel(name: string, primaryPort: number) {
  const [port, dir] = await Promise.all([freePort(), mkdtemp(join(tmpdir(), 'postern-sentinel-'))])
  const file = join(dir, 'sentinel.conf')
  await writeFile(
    file,
    `port ${port}
bind 127.0.0.1
dir ${dir}
requirepass ${SENTINEL_PASSWORD}
sentinel sentinel-pass ${SENTINEL_PASSWORD}
sentinel monitor ${name} 127.0.0.1 ${primaryPort} 2
sentinel auth-pass ${name} ${PASSWORD}
sentinel down-after-milliseconds ${name} 1000
sentinel failover-timeout ${name} 5000
`,
  )
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  const client = new Redis({
    port,
    host: '127.0.0.1',
    password: SENTINEL_PASSWORD,
    maxRetriesPerRequest: null,
    retryStrategy: () => 20,
    enableReadyCheck: false,
  })
  client.on('error', () => {})
  await client.ping()
  return {
    port,
    client,
    async stop() {
      client.disconnect()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      await rm(dir, { recursive: true, force: true })
    },
  }
}
