import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Authority } from './certificates.js'
import { freePort } from './free-port.js'
import { startRedis, type RedisServer } from './redis-server.js'
import { startTlsRedis, tlsFiles } from './redis-tls.js'
import { until } from './wait.js'

/** A primary, a replica, and three Sentinels that promote the replica a second after the primary died. */
export interface SentinelSetup {
  readonly primary: RedisServer
  readonly replica: RedisServer
  /** For all clients: redis+sentinel:// with the three Sentinels, the name and the passwords. */
  readonly url: string
  /** A client of an application, not connected yet. */
  newClient(): Redis
  /** From now on, the primary accepts writes that the replica does not get. */
  stopReplication(): Promise<void>
  /** Cuts the primary off from the Sentinels, but not from its clients. */
  isolatePrimary(): Promise<void>
  /** Makes the replica the primary, while the old one continues to run as its replica. */
  failover(): Promise<void>
  /**
   * The second Sentinel, which a connection asks when it is opened again, does not answer until the function that this returns is
   * called.
   */
  suspendSentinel(): () => void
  stop(): Promise<void>
}

const PASSWORD = 'the-password'
const SENTINEL_PASSWORD = 'the-sentinel-password'
const SENTINEL_USER = ['--user', 'sentinel', 'on', `>${PASSWORD}`, '~*', '&*', '+@all']
/** The Sentinels announce the primary by its address. */
const NAMES = ['DNS:localhost']

/** With `ca`, all of them use TLS, with certificates for localhost. */
export async function startSentinels(ca: Authority | null = null): Promise<SentinelSetup> {
  const name = 'mymaster'
  const access = [
    '--requirepass',
    PASSWORD,
    '--masterauth',
    PASSWORD,
    '--repl-diskless-sync-delay',
    '0',
    ...SENTINEL_USER,
  ]
  const start = async (...options: string[]) => {
    if (!ca) return startRedis(...access, ...options).then((server) => ({ server, port: server.port }))
    const server = await startTlsRedis(ca, NAMES, ...access, '--tls-replication', 'yes', ...options)
    return { server, port: server.tlsPort }
  }
  const { server: primary, port } = await start()
  const { server: replica } = await start('--replicaof', '127.0.0.1', `${port}`)
  await until('the replica is in sync', async () =>
    (await replica.redis.info('replication')).includes('master_link_status:up'),
  )
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(name, port, ca)))
  await until('the Sentinels know each other and the replica', async () => {
    const known = await Promise.all(
      sentinels.map(({ client }) => client.call('SENTINEL', 'CKQUORUM', name).catch(() => '')),
    )
    const replicas = await Promise.all(sentinels.map(({ client }) => client.call('SENTINEL', 'REPLICAS', name)))
    return (
      known.every((answer) => String(answer).startsWith('OK 3')) &&
      replicas.every((one) => (one as unknown[]).length === 1)
    )
  })
  const tls = ca && { ca: ca.ca }
  const hosts = sentinels.map((sentinel) => `localhost:${sentinel.forClients}`).join(',')
  return {
    primary,
    replica,
    url: `${ca ? 'rediss' : 'redis'}+sentinel://:${PASSWORD}@${hosts}/${name}?sentinel_password=${SENTINEL_PASSWORD}`,
    newClient: () =>
      new Redis({
        lazyConnect: true,
        name,
        sentinels: sentinels.map((sentinel) => ({ host: 'localhost', port: sentinel.forClients })),
        password: PASSWORD,
        sentinelPassword: SENTINEL_PASSWORD,
        ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
      }),
    async stopReplication() {
      await replica.redis.config('SET', 'masterauth', 'another-password')
      await primary.redis.client('KILL', 'TYPE', 'REPLICA')
    },
    async isolatePrimary() {
      await primary.redis.acl('SETUSER', 'sentinel', 'off')
      await primary.redis.client('KILL', 'USER', 'sentinel')
    },
    async failover() {
      await sentinels[0]!.client.call('SENTINEL', 'FAILOVER', name)
    },
    suspendSentinel() {
      sentinels[1]!.suspend()
      return () => sentinels[1]!.resume()
    },
    async stop() {
      await Promise.all(sentinels.map((sentinel) => sentinel.stop()))
      await Promise.all([primary.stop(), replica.stop()])
    },
  }
}

async function startSentinel(name: string, primaryPort: number, ca: Authority | null) {
  const [port, tlsPort] = await Promise.all([freePort(), freePort()])
  const dir = await mkdtemp(join(tmpdir(), 'postern-sentinel-'))
  const files = ca ? Object.entries(tlsFiles(ca, NAMES)).map(([kind, path]) => `tls-${kind}-file ${path}`) : []
  const tls = ca ? [`tls-port ${tlsPort}`, 'tls-replication yes', 'tls-auth-clients no', ...files].join('\n') : ''
  const file = join(dir, 'sentinel.conf')
  await writeFile(
    file,
    `port ${port}
bind 127.0.0.1
dir ${dir}
${tls}
requirepass ${SENTINEL_PASSWORD}
sentinel sentinel-pass ${SENTINEL_PASSWORD}
sentinel monitor ${name} 127.0.0.1 ${primaryPort} 2
sentinel auth-user ${name} sentinel
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
    forClients: ca ? tlsPort : port,
    client,
    suspend: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async stop() {
      client.disconnect()
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
      await rm(dir, { recursive: true, force: true })
    },
  }
}
