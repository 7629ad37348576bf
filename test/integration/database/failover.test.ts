import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { findUnusableServer } from '../../../src/app/server-access.js'
import { migrateDatabase } from '../../../src/app/operator-commands.js'
import { createSessionValidator } from '../../../packages/session/src/index.js'
import { LOGIN, REGISTER, type SignedIn, unique } from '../../support/client.js'
import { connectTestRedis, testRedisUrl } from '../../support/redis.js'
import { refusal } from '../../support/refusal.js'
import { startReplicatedPair, type ReplicatedPair } from '../../support/replication.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { startInstance, TEST_ENVIRONMENT, type Instance } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { until } from '../../support/wait.js'

/** What docs/production.md promises. */
const BOUND_MS = 10_000

const PROFILE = '{ profile { id username } }'
const LOGOUT = 'mutation { logout }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }'
const RENAME = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { username } }'

let pair: ReplicatedPair
let cache: PrivateServer
let proxy: Awaited<ReturnType<typeof startTcpProxy>>
let target: string
/** Connects through the proxy. */
let service: Instance
const instances: Instance[] = []

async function start(url: string, env: Record<string, string> = {}): Promise<Instance> {
  const instance = await startInstance({ DATABASE_URL: url, REVOCATION_REDIS_URL: testRedisUrl(), ...env })
  instances.push(instance)
  return instance
}

beforeEach(async () => {
  ;[pair, cache] = await Promise.all([startReplicatedPair(), privateRedis()])
  target = pair.primary.url
  proxy = await startTcpProxy(() => target)
  ;(await connectTestRedis()).disconnect()
  service = await start(proxy.through(pair.primary.url), { REDIS_URL: testRedisUrl() })
})
afterEach(async () => {
  await Promise.all(instances.splice(0).map((instance) => instance.stop()))
  proxy.close()
  await Promise.all([pair.remove(), cache.remove()])
})

const readiness = async () => {
  const response = await fetch(`${service.url}/health/ready`)
  return { status: response.status, mysql: ((await response.json()) as { mysql: string }).mysql }
}

/** Opens many connections of every pool, as a busy service has. */
async function fillPools({ token, refreshToken }: SignedIn): Promise<void> {
  const names = Array.from({ length: 20 }, () => unique())
  await Promise.all([
    ...names.map((name) => service.isAvailable(name)),
    ...names.map(() => service.succeed(PROFILE, {}, token)),
    ...names.map((username) => service.register({ username })),
    ...names.map(() => service.succeed(REFRESH, { token: refreshToken })),
    ...names.map((firstName) => service.succeed(RENAME, { input: { firstName } }, token)),
  ])
}

/** The new primary gets the address, and the old one gets nothing any more. Returns when that was. */
async function failOver(): Promise<number> {
  await pair.promote()
  target = pair.replica.url
  return performance.now()
}

/** Resolves when the service has left the old primary, and checks how long that took. */
async function leftWithinBound(since: number): Promise<void> {
  await until('the old primary has no connection', async () => (await pair.primary.connections()) === 0)
  expect(performance.now() - since).toBeLessThan(BOUND_MS)
}

/** Whether a relay holds its lock on this server. */
async function hasRelay(server: ReplicatedPair['primary']): Promise<boolean> {
  const lock = `postern-relay-${createHash('sha256').update('/failover').digest('hex').slice(0, 32)}`
  const [row] = await server.query<{ holder: number | null }>('SELECT IS_USED_LOCK(?) AS holder', [lock])
  return row?.holder !== null
}

it('moves every connection and the relay to the new primary within 10 seconds, and validators learn of every logout', async () => {
  const leaving = await service.signUp()
  await fillPools(leaving)
  await until('the service is the relay', () => hasRelay(pair.primary))
  const sessions = await createSessionValidator({ secret: TEST_ENVIRONMENT.JWT_SECRET, redis: testRedisUrl() })
  onTestFinished(() => sessions.close())
  const onOld = await pair.primary.connections()
  expect(onOld).toBeGreaterThan(12)

  const since = await failOver()
  await leftWithinBound(since)
  expect(await readiness()).toEqual({ status: 200, mysql: 'up' })

  // Another instance, which knows only the new primary, and shares no cache of usernames.
  const other = await start(pair.replica.url, { REDIS_URL: cache.url })
  await until('the new primary has the relay', () => hasRelay(pair.replica))
  await other.succeed(LOGOUT, {}, leaving.token)
  expect((await service.graphql(PROFILE, {}, leaving.token)).code).toBe('UNAUTHENTICATED')
  await until('a validator refuses the token', () => refusal(() => sessions.validate(leaving.token)) === 'revoked')
  const username = unique()
  await other.register({ username })
  expect(await service.isAvailable(username)).toBe(false)

  const account = await service.signUp()
  const renamed = unique()
  await service.succeed(RENAME, { input: { username: renamed } }, account.token)
  expect((await other.succeed(PROFILE, {}, account.token))['profile'].username).toBe(renamed)
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  // A write of a job may have found first that the old primary is read-only.
  const retired = metrics.matchAll(
    /^postern_database_connections_retired_total\{reason="(?:moved|read_only)"\} (\d+)$/gm,
  )
  expect([...retired].reduce((sum, [, count]) => sum + Number(count), 0)).toBeGreaterThan(10)
})

it('leaves a demoted primary that still accepts writes, because the address leads elsewhere', async () => {
  const account = await service.signUp()
  await fillPools(account)
  await pair.promote()
  // Its administrator forgot it, or could not reach it.
  await pair.primary.query('SET GLOBAL read_only = 0')
  target = pair.replica.url
  const since = performance.now()
  await leftWithinBound(since)
  await service.succeed(PROFILE, {}, account.token)
})

it('leaves a primary that hangs', async () => {
  const account = await service.signUp()
  await fillPools(account)
  await until('the service is the relay', () => hasRelay(pair.primary))
  await pair.promote()
  pair.freezePrimary()
  target = pair.replica.url
  const since = performance.now()
  const works = async () => {
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => service.graphql(PROFILE, {}, account.token)),
      service.graphql(LOGIN, { input: { email: account.email, password: account.password } }),
      service.graphql(`{ checkUsernameAvailability(username: "${unique()}") { available } }`),
    ])
    return answers.every(({ code }) => code === undefined)
  }
  await until('everything works again', works)
  await until('the new primary has the relay', () => hasRelay(pair.replica))
  expect(performance.now() - since).toBeLessThan(BOUND_MS)
})

it('ends transactions that would stay on the old primary', async () => {
  const account = await service.signUp()
  await pair.primary.query('SET GLOBAL innodb_lock_wait_timeout = 50')
  await pair.primary.query('LOCK TABLES failover.usernames WRITE, failover.users WRITE, failover.sessions WRITE')
  const input = { email: account.email, password: account.password }
  const waiting = [
    service.graphql(LOGIN, { input }),
    service.graphql(PROFILE, {}, account.token),
    service.graphql(REGISTER, { input: { ...input, email: `${unique()}@example.com`, username: unique() } }),
  ]
  await until(
    'three statements wait',
    async () =>
      (await pair.primary.query("SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting%lock'"))
        .length >= 3,
  )
  await pair.replica.query('STOP SLAVE')
  await pair.replica.query('SET GLOBAL read_only = 0')
  target = pair.replica.url
  const since = performance.now()
  // A read is repeated, and the new primary answers it.
  for (const { code } of await Promise.all(waiting)) expect(['SERVICE_UNAVAILABLE', undefined]).toContain(code)
  expect(performance.now() - since).toBeLessThan(BOUND_MS)
  await pair.primary.query('UNLOCK TABLES')
  await leftWithinBound(since)
})

it('is not ready while the only reachable primary is read-only, and keeps its connections; nothing starts there', async () => {
  const account = await service.signUp()
  await fillPools(account)
  await pair.primary.query('SET GLOBAL read_only = 1')
  await until('it is not ready', async () => (await readiness()).status === 503)
  expect((await readiness()).mysql).toBe('read-only')
  const [accepted, connections] = [proxy.accepted(), await pair.primary.connections()]
  const before = performance.now()
  for (let i = 0; i < 50; i++)
    expect((await service.graphql(LOGIN, { input: { email: account.email, password: account.password } })).code).toBe(
      'SERVICE_UNAVAILABLE',
    )
  await service.succeed(PROFILE, {}, account.token)
  // The writes were refused on connections of one pool; the other pools keep theirs.
  expect(await pair.primary.connections()).toBeGreaterThan(connections / 4)
  // A refused write closes its own connection. Beyond that there are only the checks.
  expect(proxy.accepted() - accepted).toBeLessThan(50 + 10 + (performance.now() - before) / 200)

  const urls = { DATABASE_URL: pair.primary.url, DATABASE_TIMEOUT: 5 }
  expect(await findUnusableServer(urls)).toBe('DATABASE_URL: the database server is read-only; it must be the primary.')
  // This account could write.
  await pair.primary.query('GRANT READ ONLY ADMIN ON *.* TO service')
  await expect(migrateDatabase(urls)).rejects.toThrow('The database server is read-only.')

  await pair.primary.query('SET GLOBAL read_only = 0')
  await until('it is ready again', async () => (await readiness()).status === 200)
  await service.login(account)
})
