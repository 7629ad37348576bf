import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Authority } from './certificates.js'
import { freePort } from './free-port.js'
import { startRedis, type RedisServer } from './redis-server.js'
import { until } from './wait.js'

/** A Redis with a second port for TLS. The test's own client does not use TLS. */
export interface TlsRedis extends RedisServer {
  readonly tlsPort: number
}

/** The options of redis-server for a certificate for `names`. It reads files, which are removed with the authority's. */
export function tlsFiles(ca: Authority, names: string[]): Record<'cert' | 'key' | 'ca-cert', string> {
  const { cert, key } = ca.sign(names.join(','))
  const file = join(dirname(ca.caFile), randomUUID())
  writeFileSync(`${file}.pem`, cert)
  writeFileSync(`${file}.key`, key)
  return { cert: `${file}.pem`, key: `${file}.key`, 'ca-cert': ca.caFile }
}

/** `names`: what its certificate is for. */
export async function startTlsRedis(ca: Authority, names: string[], ...options: string[]): Promise<TlsRedis> {
  const tlsPort = await freePort()
  const files = Object.entries(tlsFiles(ca, names)).flatMap(([kind, file]) => [`--tls-${kind}-file`, file])
  const server = await startRedis('--tls-port', `${tlsPort}`, ...files, '--tls-auth-clients', 'no', ...options)
  return Object.defineProperty(server, 'tlsPort', { value: tlsPort }) as TlsRedis
}

/** A cluster of three with TLS. `names`: what the certificate of each node is for. */
export async function startTlsCluster(ca: Authority, names: string[], ...options: string[]): Promise<TlsRedis[]> {
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--tls-cluster', 'yes']
  const servers = await Promise.all([1, 2, 3].map(() => startTlsRedis(ca, names, ...cluster, ...options)))
  const nodes = servers.map(({ tlsPort }) => `127.0.0.1:${tlsPort}`)
  execFileSync('redis-cli', ['--tls', '--insecure', '--cluster', 'create', ...nodes, '--cluster-yes'], {
    stdio: 'pipe',
  })
  await until('every node knows the cluster', async () => {
    const states = await Promise.all(servers.map(({ redis }) => redis.cluster('INFO')))
    return states.every((state) => state.includes('cluster_state:ok'))
  })
  return servers
}
