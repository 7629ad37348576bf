import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createAuthority, type Authority } from '../../support/certificates.js'
import { unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startProgram } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { startTlsCluster, startTlsRedis, type TlsRedis } from '../../support/redis-tls.js'
import { startInstance, TEST_ENVIRONMENT, type LogLine } from '../../support/service.js'
import { until } from '../../support/wait.js'

let ca: Authority
let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  ca = createAuthority()
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_CA: ca.caFile, REVOCATION_REDIS_URL: testRedisUrl() }
})
afterAll(async () => {
  await database.drop()
  ca.remove()
})

async function clusterFor(names: string[], ...options: string[]): Promise<TlsRedis[]> {
  const nodes = await startTlsCluster(ca, names, ...options)
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
  })
  return nodes
}

async function serviceWith(changes: Record<string, string>) {
  const lines: LogLine[] = []
  const service = await startInstance({ ...env, LOG_LEVEL: 'warn', ...changes }, { onLine: (line) => lines.push(line) })
  onTestFinished(() => service.stop())
  return { service, lines }
}

const urlOf = (...nodes: TlsRedis[]) => `rediss://${nodes.map(({ tlsPort }) => `localhost:${tlsPort}`).join(',')}`

describe('a Redis cluster with TLS that is named by its host', () => {
  it.each([
    ['announce their IP addresses, and whose certificates are for the host', ['DNS:localhost'], []],
    ['announce their IP addresses, and whose certificates are for these', ['DNS:localhost', 'IP:127.0.0.1'], []],
    [
      'announce host names',
      ['DNS:localhost'],
      ['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
    ],
  ])('caches usernames on nodes that %s', async (_how, names, options) => {
    const nodes = await clusterFor(names, ...options)
    const { service } = await serviceWith({ REDIS_URL: urlOf(...nodes), REDIS_CLUSTER: 'true' })
    await until('Redis is up', async () => (await service.app.health()).redis.state === 'up')
    for (const node of nodes) {
      const username = await onlyIn(node)
      await until(`it finds ${username} on its node`, async () => !(await service.isAvailable(username)))
    }
  })

  it('connects when the first of its nodes is unavailable', async () => {
    const nodes = await clusterFor(['DNS:localhost'])
    const url = `rediss://localhost:1,${urlOf(...nodes).slice('rediss://'.length)}`
    const { service } = await serviceWith({ REDIS_URL: url, REDIS_CLUSTER: 'true' })
    await until('Redis is up', async () => (await service.app.health()).redis.state === 'up')
  })

  it('is not used if its certificates are for another host, and the log says why', async () => {
    const nodes = await clusterFor(['DNS:other.example'])
    const { service, lines } = await serviceWith({ REDIS_URL: urlOf(...nodes), REDIS_CLUSTER: 'true' })
    await until('the log has the reason', () =>
      lines.some((line) => JSON.stringify(line).includes('ERR_TLS_CERT_ALTNAME_INVALID')),
    )
    expect(await service.isAvailable(unique())).toBe(true)
    expect((await service.app.health()).redis.state).toBe('down')
    for (const { redis } of nodes) expect(await redis.dbsize()).toBe(0)
  })
})

/** Writes a username that only this node knows, so that a check that reports it as taken has found it there. */
async function onlyIn({ redis }: TlsRedis): Promise<string> {
  for (;;) {
    const username = unique()
    const written = await redis.set(`username_exists:${username}`, '1').catch(() => null)
    if (written === 'OK') return username
  }
}

describe('a start with TLS', () => {
  const start = async (changes: Record<string, string>) => {
    const { finished } = startProgram('main.js', [], { ...TEST_ENVIRONMENT, ...env, ...changes })
    return finished
  }

  it('ends with the reason if the certificate is for another host or not trusted', async () => {
    const redis = await startTlsRedis(ca, ['DNS:other.example'])
    onTestFinished(() => redis.stop())
    const [wrong, untrusted] = await Promise.all([
      start({ REDIS_URL: urlOf(redis), REVOCATION_REDIS_URL: '' }),
      start({ REDIS_URL: urlOf(redis), REVOCATION_REDIS_URL: '', REDIS_CA: '' }),
    ])
    expect(wrong).toMatchObject({ code: 1, stderr: 'REDIS_URL: the certificate of Redis is for another host.\n' })
    const stderr = 'REDIS_URL: the certificate of Redis is not trusted; see REDIS_CA.\n'
    expect(untrusted).toMatchObject({ code: 1, stderr })
  })

  it('ends with the reason if a cluster has another certificate, or is none', async () => {
    const nodes = await clusterFor(['DNS:other.example'])
    const single = await startTlsRedis(ca, ['DNS:localhost'])
    onTestFinished(() => single.stop())
    const [wrong, none] = await Promise.all([
      start({ REDIS_URL: urlOf(...nodes), REDIS_CLUSTER: 'true' }),
      start({ REDIS_URL: urlOf(single), REDIS_CLUSTER: 'true' }),
    ])
    expect(wrong).toMatchObject({ code: 1, stderr: 'REDIS_URL: the certificate of Redis is for another host.\n' })
    const stderr = 'REDIS_URL: Redis is not a cluster, but REDIS_CLUSTER is true.\n'
    expect(none).toMatchObject({ code: 1, stderr })
  })

  it('ends with the reason if Redis has no such database', async () => {
    const redis = await startTlsRedis(ca, ['DNS:localhost'])
    onTestFinished(() => redis.stop())
    const ended = await start({ REDIS_URL: `${urlOf(redis)}/99`, REVOCATION_REDIS_URL: '' })
    expect(ended).toMatchObject({ code: 1, stderr: 'REDIS_URL: Redis has no database of this number.\n' })
  })
})
