import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateMariadb, privateRedis, type PrivateServer } from '../../support/servers.js'
import { startInstance, type Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

const PROFILE = '{ profile { id } }'
const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'

async function breakerMetrics(service: Instance) {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  const value = (line: string) => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(text)?.[1])
  return {
    state: (name: string) => value(`circuit_breaker_state\\{name="${name}"\\}`),
    events: (name: string, event: string) => value(`circuit_breaker_events_total\\{name="${name}",event="${event}"\\}`),
  }
}

const allClosed = (service: Instance) => service.app.breakers().every(({ state }) => state === 'closed')

describe('a MariaDB that hangs', () => {
  let mariadb: PrivateServer
  let database: TestDatabase
  let service: Instance

  beforeAll(async () => {
    mariadb = await privateMariadb()
    database = await createTestDatabase({ server: mariadb.url })
    service = await startInstance(
      { DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '3' },
      { alone: true },
    )
  })
  afterAll(async () => {
    await service.stop()
    await mariadb.remove()
  })

  it('lets one check wait once, and refuses the next ones without asking it', async () => {
    // From the second use on, a plan answers.
    for (let i = 0; i < 3; i++) await service.isAvailable(unique())
    mariadb.freeze()
    try {
      const first = await service.graphql(CHECK, { username: unique() })
      expect(first.code).toBe('SERVICE_UNAVAILABLE')
      const { events } = await breakerMetrics(service)
      // The plan waited. Apollo Server, which wrote the response, got its outcome.
      expect([events('mysql_lookups', 'failed'), events('mysql_lookups', 'refused')]).toEqual([1, 0])
      for (let i = 0; i < 20; i++) {
        const { status, headers, code, errors, data } = await service.graphql(CHECK, { username: unique() })
        expect({ status, code, retryAfter: headers.get('retry-after'), data }).toEqual({
          status: 503,
          code: 'SERVICE_UNAVAILABLE',
          retryAfter: '1',
          data: null,
        })
        expect(errors[0]?.path).toEqual(['checkUsernameAvailability'])
      }
      expect((await breakerMetrics(service)).state('mysql_lookups')).toBeGreaterThan(0)
    } finally {
      mariadb.thaw()
    }
    await until('the breakers are closed', () => allClosed(service))
    expect(await service.isAvailable(unique())).toBe(true)
  })

  it('makes every operation fail at once after the first one, and all work again when it responds', async () => {
    const account = await service.signUp()
    const input = { email: account.email, password: account.password }
    const all = () =>
      Promise.all([
        service.graphql(PROFILE, {}, account.token),
        service.graphql(LOGIN, { input }),
        service.graphql('mutation { logout }', {}, account.token),
        service.graphql(REGISTER, { input: { ...input, email: `${unique()}@example.com`, username: unique() } }),
        service.graphql(CHECK, { username: unique() }),
      ])
    mariadb.freeze()
    try {
      expect((await all()).map(({ code }) => code)).toEqual(Array(5).fill('SERVICE_UNAVAILABLE'))
      const refused = await all()
      expect(refused.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
        Array(5).fill([503, '1']),
      )
      const ready = await fetch(`${service.url}/health/ready`)
      expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ mysql: 'down' })])
    } finally {
      mariadb.thaw()
    }
    await until('the breakers are closed', () => allClosed(service))
    await service.login(account)
    await service.succeed(PROFILE, {}, account.token)
  })

  it('opens no breaker by what it answers: taken names, wrong passwords, malformed input', async () => {
    const account = await service.signUp()
    const before = await breakerMetrics(service)
    for (let i = 0; i < 8; i++) {
      const { email, username, password } = account
      const codes = await Promise.all([
        service.graphql(REGISTER, { input: { email, username: unique(), password } }),
        service.graphql(REGISTER, { input: { email: `${unique()}@example.com`, username, password } }),
        service.graphql(LOGIN, { input: { email, password: 'wrong horse' } }),
      ])
      expect(codes.map(({ code }) => code)).toEqual(['EMAIL_EXISTS', 'USERNAME_TAKEN', 'UNAUTHENTICATED'])
    }
    const after = await breakerMetrics(service)
    for (const name of ['mysql_reads', 'mysql_lookups', 'mysql_updates', 'mysql_writes', 'mysql_prisma'])
      expect([after.state(name), after.events(name, 'failed')]).toEqual([0, before.events(name, 'failed')])
  })

  it('has its state at /circuit-breaker/status, for administrators', async () => {
    const status = (token?: string) =>
      fetch(`${service.url}/circuit-breaker/status`, { headers: token ? { authorization: `Bearer ${token}` } : {} })
    const user = await service.signUp()
    const admin = await service.signUpAdmin((email) =>
      database.query('UPDATE users SET role = ?, generation = generation + 1 WHERE email = ?', ['ADMIN', email]),
    )
    expect((await status()).status).toBe(401)
    expect((await status(user.token)).status).toBe(403)
    const answer = await status(admin.token)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const { breakers } = (await answer.json()) as { breakers: { name: string; state: string; since: string }[] }
    expect(breakers.map(({ name, state }) => [name, state])).toEqual(
      [
        'mysql_reads',
        'mysql_updates',
        'mysql_writes',
        'mysql_lookups',
        'mysql_prisma',
        'redis_cache',
        'redis_stream',
      ].map((name) => [name, 'closed']),
    )
    for (const { since } of breakers) expect(Date.parse(since)).not.toBeNaN()
  })

  it('with no connection to spare leads to SERVICE_UNAVAILABLE, and the service recovers', async () => {
    const account = await service.signUp()
    const admin = await database.connect()
    await admin.query('SET GLOBAL max_connections = 10')
    const others = []
    try {
      await admin
        .query('SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()')
        .then(async ([rows]) => {
          for (const { id } of rows as { id: number }[]) await admin.query(`KILL ${id}`).catch(() => undefined)
        })
      for (;;) {
        const other = await database.connect().catch(() => null)
        if (!other) break
        others.push(other)
      }
      expect((await service.graphql(PROFILE, {}, account.token)).code).toBe('SERVICE_UNAVAILABLE')
      expect((await service.graphql(CHECK, { username: unique() })).code).toBe('SERVICE_UNAVAILABLE')
      await until('the service is not ready', async () => (await fetch(`${service.url}/health/ready`)).status === 503)
    } finally {
      await Promise.all(others.map((other) => other.end()))
      await admin.query('SET GLOBAL max_connections = 500')
      await admin.end()
    }
    await until('the service is ready', async () => (await fetch(`${service.url}/health/ready`)).ok)
    await until('the breakers are closed', () => allClosed(service))
    await service.login(account)
    await service.succeed(PROFILE, {}, account.token)
  })
})

describe('a Redis that hangs', () => {
  it('is no longer waited for after five commands, and used again when it responds', async () => {
    const [redis, database] = [await privateRedis(), await createTestDatabase()]
    const service = await startInstance({ DATABASE_URL: database.url, REDIS_URL: redis.url }, { alone: true })
    const stateOf = (name: string) => service.app.breakers().find((breaker) => breaker.name === name)?.state
    redis.freeze()
    try {
      await until('the breaker of the cache is open', async () => {
        expect(await service.isAvailable(unique())).toBe(true)
        return stateOf('redis_cache') !== 'closed'
      })
      const before = (await breakerMetrics(service)).events('redis_cache', 'refused')
      expect(await service.isAvailable(unique())).toBe(true)
      expect((await breakerMetrics(service)).events('redis_cache', 'refused')).toBeGreaterThan(before)
    } finally {
      redis.thaw()
    }
    await until('the breakers are closed', () => allClosed(service))
    await service.stop()
    await Promise.all([redis.remove(), database.drop()])
  })
})
