import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startPrefork } from '../../support/prefork.js'
import { startProgram } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

const ENDED = 'a process ended unexpectedly; starting another one'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), PREFORK: '2' }
})
afterAll(() => database.drop())

it('kills a process that does not respond, and starts another one', async () => {
  const group = await startPrefork(env)
  const [frozen = 0, other = 0] = group.processes()
  process.kill(frozen, 'SIGSTOP')
  await until('it is killed', () => group.logged('a process does not respond; killing it'))
  await until('another one serves', () => group.processes().length === 2 && !group.processes().includes(frozen))
  expect(group.processes()).toContain(other)
  expect(group.logged('a process does not respond; killing it')).toBe(1)
  await until('its end is noted', () => group.logged(ENDED) === 1)
  expect((await group.metrics())('postern_process_crashes_total')).toBe(1)
  group.signal('SIGTERM')
  expect((await group.finished).code).toBe(0)
})

describe('a process that cannot start', () => {
  const bad = (settings: Record<string, string>) =>
    startProgram('main.js', [], { ...TEST_ENVIRONMENT, ...env, ...settings, PREFORK: '3' }).finished
  const times = (text: string, part: string) => text.split(part).length - 1

  it('ends a starting group with exit code 1, and logs the reason once', async () => {
    const empty = await createTestDatabase({ migrate: false })
    const squatter = createServer().listen(0, '127.0.0.1')
    await until('it listens', () => squatter.listening)
    const { port } = squatter.address() as { port: number }
    const [unmigrated, taken] = await Promise.all([bad({ DATABASE_URL: empty.url }), bad({ PORT: String(port) })])
    expect([unmigrated.code, taken.code]).toEqual([1, 1])
    expect(times(unmigrated.stderr, 'npm run migrate')).toBe(1)
    expect(times(taken.stderr, `Port ${port} is in use`)).toBe(1)
    squatter.close()
    await empty.drop()
  })

  it('stops a roll, and is retried with growing delays after a crash, while the others serve', async () => {
    const own = await createTestDatabase()
    const group = await startPrefork({ ...env, DATABASE_URL: own.url })
    const old = group.processes()
    await own.query('RENAME TABLE revocation_log TO elsewhere')
    group.signal('SIGHUP')
    await until('the roll stops', () => group.logged('a new process did not start; keeping the old ones'))
    expect(group.processes()).toEqual(old)
    process.kill(old[0] ?? 0, 'SIGKILL')
    await until('a retry has failed', () => group.logged(ENDED) === 2)
    expect(group.lines.filter(({ msg }) => msg === ENDED).map(({ delay }) => delay)).toEqual([100, 200])
    expect((await fetch(`${group.url}/health/live`)).status).toBe(200)
    await own.query('RENAME TABLE elsewhere TO revocation_log')
    await until('both serve', () => group.processes().length === 2)
    expect(group.processes()).toContain(old[1])
    group.signal('SIGTERM')
    expect((await group.finished).code).toBe(0)
    await own.drop()
  })
})
