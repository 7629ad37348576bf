import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createAuthority, type Authority } from '../../../test/support/certificates.js'
import { startRedis } from '../../../test/support/redis-server.js'
import { startTlsCluster, startTlsRedis, type TlsRedis } from '../../../test/support/redis-tls.js'
import { runSnippet } from '../../../test/support/snippets.js'
import { createRelay, tokenRevocation } from './support/relay.js'
import { key, outcome, until, validator } from './support/stream.js'
import { claims, SECRET, sign } from './support/tokens.js'

let ca: Authority

beforeAll(() => void (ca = createAuthority()))
afterAll(() => ca.remove())

const trusted = () => ({ ca: ca.ca })

async function clusterFor(names: string[], ...options: string[]): Promise<TlsRedis[]> {
  const nodes = await startTlsCluster(ca, names, ...options)
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
  })
  return nodes
}

function clientOf(nodes: TlsRedis[], host = 'localhost'): Cluster {
  const tls = trusted()
  const startup = nodes.map(({ tlsPort: port }) => ({ host, port }))
  return new Cluster(startup, { lazyConnect: true, redisOptions: { tls } })
}

async function startRelay(redis: Redis | Cluster) {
  const relay = createRelay(redis, key)
  await relay.openEpoch()
  await relay.start()
  onTestFinished(() => {
    relay.stop()
    redis.disconnect()
  })
  return relay
}

const announced = ['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname']

describe('a cluster with TLS', () => {
  it.each([
    ['IP addresses', []],
    ['host names', announced],
  ])('is followed by its host name when its nodes announce %s', async (_what, options) => {
    const nodes = await clusterFor(['DNS:localhost'], ...options)
    const relay = await startRelay(new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port }))))
    const sessions = await validator({ redis: clientOf(nodes) })
    const token = claims()
    expect(outcome(sessions, sign(token))).toBe('accepted')
    await relay.revoke(tokenRevocation(token.jti))
    await until(() => outcome(sessions, sign(token)) === 'revoked')
  })

  it('is refused with the reason if its certificates are for another host', async () => {
    const nodes = await clusterFor(['DNS:other.example'])
    const errors: string[] = []
    const onError = ({ message }: Error) => errors.push(message)
    const sessions = await validator({ redis: clientOf(nodes), waitForReady: 0, onError })
    await until(() => errors.some((message) => message.includes("does not match certificate's altnames")))
    expect(sessions.status().ready).toBe(false)
  })
})

describe('a program with a cluster', () => {
  it.each([
    ['TLS', ({ tlsPort }: TlsRedis) => tlsPort, () => ({ tls: trusted() })],
    ['plain text', ({ port }: TlsRedis) => port, () => ({})],
  ])('ends over %s, whether it closes the validator or forgets to', async (_what, portOf, options) => {
    const nodes = await clusterFor(['DNS:localhost'])
    await startRelay(new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port }))))
    for (const end of ['await sessions.close()', '']) {
      const code = `
      import { Cluster } from 'ioredis'
      import { createSessionValidator } from '@postern/session'
      const startup = [{ host: 'localhost', port: ${portOf(nodes[0]!)} }]
      const redis = new Cluster(startup, { lazyConnect: true, redisOptions: ${JSON.stringify(options())} })
      const sessions = await createSessionValidator({ secret: '${SECRET}', redis })
      console.log(sessions.status().ready)
      ${end}
      console.log('done')`
      const { code: status, stdout, stderr } = await runSnippet({ heading: 'ends', language: 'js', code }).finished
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\ndone\n', stderr: '' })
    }
  })
})

describe('a server with TLS', () => {
  it('is refused with the reason if its certificate is for another host, and followed if it is for this one', async () => {
    const [right, wrong] = await Promise.all([
      startTlsRedis(ca, ['DNS:localhost']),
      startTlsRedis(ca, ['DNS:other.example']),
    ])
    onTestFinished(async () => {
      await Promise.all([right.stop(), wrong.stop()])
    })
    const relay = createRelay(right.redis, key)
    await relay.openEpoch()
    await relay.start()
    onTestFinished(() => relay.stop())
    const client = ({ tlsPort: port }: TlsRedis) =>
      new Redis({ host: 'localhost', port, lazyConnect: true, tls: trusted() })
    expect((await validator({ redis: client(right) })).status().ready).toBe(true)

    const errors: string[] = []
    const onError = ({ message }: Error) => errors.push(message)
    const refused = await validator({ redis: client(wrong), waitForReady: 0, onError })
    await until(() => errors.length > 0)
    expect(refused.status().ready).toBe(false)
  })
})

describe('the option redis', () => {
  it.each([
    ['localhost:6379', 'redis must be redis://'],
    ['redis://localhost/abc', 'redis must end with the number of a database'],
    ['redis://a,b', 'redis names several servers'],
    ['redis://localhost?tls=true', 'redis has an unknown parameter, tls; write rediss:// for TLS'],
    ['redis+sentinel://localhost', 'redis must name the primary after the Sentinels'],
  ])('%s is refused with a TypeError: %s', async (redis, message) => {
    const creation = validator({ redis })
    await expect(creation).rejects.toThrow(TypeError)
    await expect(creation).rejects.toThrow(message)
  })

  it('reports a database that Redis refuses, and never uses database 0 in its place', async () => {
    const server = await startTlsRedis(ca, ['DNS:localhost'])
    onTestFinished(() => server.stop())
    const relay = createRelay(server.redis, key)
    await relay.openEpoch()
    await relay.start()
    onTestFinished(() => relay.stop())
    const errors: string[] = []
    const onError = ({ message }: Error) => errors.push(message)
    const sessions = await validator({ redis: `${server.url}/99`, waitForReady: 0, onError })
    await until(() => errors.includes('ERR DB index is out of range'))
    expect(sessions.status()).toMatchObject({ ready: false, counters: { entries: 0 } })
  })
})

describe('a replica', () => {
  it('is not followed, because its entries may be late', async () => {
    const primary = await startRedis()
    const replica = await startRedis('--replicaof', '127.0.0.1', `${primary.port}`)
    onTestFinished(async () => {
      await Promise.all([primary.stop(), replica.stop()])
    })
    const relay = createRelay(primary.redis, key)
    await relay.openEpoch()
    await relay.start()
    onTestFinished(() => relay.stop())
    const errors: string[] = []
    const onError = ({ message }: Error) => errors.push(message)
    const sessions = await validator({ redis: replica.url, waitForReady: 0, onError })
    await until(() => errors.includes('Redis is a replica; connect to its primary'))
    expect(sessions.status().ready).toBe(false)

    // It becomes the primary, and a replica again while the connection lasts.
    relay.stop()
    await replica.redis.replicaof('NO', 'ONE')
    const next = createRelay(replica.redis, key)
    await next.openEpoch()
    await next.start()
    await until(() => sessions.status().ready)
    next.stop()
    errors.length = 0
    await replica.redis.replicaof('127.0.0.1', primary.port)
    await until(() => errors.includes('Redis is a replica; connect to its primary'))
  })
})

describe('a program', () => {
  it.each([
    ['a URL', (port: number) => `'rediss://localhost:${port}'`],
    [
      'a Cluster',
      (port: number) =>
        `new Cluster([{ host: 'localhost', port: ${port} }], { lazyConnect: true, redisOptions: { tls: {} } })`,
    ],
    ['Sentinels', (port: number) => `'rediss+sentinel://localhost:${port}/name'`],
  ])(
    'does not end with an unhandled error when it closes %s during a TLS handshake that fails',
    async (_what, redis) => {
      const server = await startTlsRedis(ca, ['DNS:localhost'])
      onTestFinished(() => server.stop())
      // Its authority is not trusted here.
      const code = `
      import { Cluster } from 'ioredis'
      import { createSessionValidator } from '@postern/session'
      for (let i = 0; i < 60; i++) {
        const redis = ${redis(server.tlsPort)}
        const sessions = await createSessionValidator({ secret: '${SECRET}', redis, waitForReady: (i % 15 + 1) / 1000 })
        await sessions.close()
      }
      console.log('done')`
      const { code: status, stdout, stderr } = await runSnippet({ heading: 'closes', language: 'js', code }).finished
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'done\n', stderr: '' })
    },
  )
})
