import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startProgram } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateRedis } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
})
afterAll(() => database.drop())

const doctor = (changes: Record<string, string> = {}) =>
  startProgram('cli.js', ['doctor'], { ...env, ...changes }).finished

it('doctor finds everything in order on the servers of the tests', async () => {
  const { code, stdout, stderr } = await doctor()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const subject of ['Versions', 'Configuration', 'Database', 'Clock', 'Migrations', 'REDIS_URL', 'Keys'])
    expect(stdout).toMatch(new RegExp(`^ok +${subject} `, 'm'))
  expect(stdout).not.toContain('ERROR')
  for (const secret of [TEST_ENVIRONMENT.JWT_SECRET, TEST_ENVIRONMENT.REFRESH_KEY, new URL(database.url).password])
    if (secret) expect(stdout).not.toContain(secret)
})

it('doctor names every wrong variable', async () => {
  const { code, stdout } = await doctor({ PORT: 'x', JWT_SECRET: 'short' })
  expect(code).toBe(1)
  for (const name of ['PORT', 'JWT_SECRET']) expect(stdout).toContain(`- ${name} must`)
})

it('doctor says which migrations are missing, and what to run', async () => {
  const empty = await createTestDatabase({ migrate: false })
  const { code, stdout } = await doctor({ DATABASE_URL: empty.url })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Migrations +Missing: 20261122000000_initial/m)
  expect(stdout).toContain('npm run migrate')
  await empty.drop()
})

it('doctor names migrations of a newer version, and those that stopped halfway', async () => {
  const other = await createTestDatabase()
  await other.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('1', 'x', '2999_new', NOW())",
  )
  await other.query("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '20261122000000_initial'")
  const { code, stdout } = await doctor({ DATABASE_URL: other.url })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Migrations +Migration 20261122000000_initial stopped halfway/m)
  expect(stdout).toMatch(/^warning +Migrations +The database is newer than this version: 2999_new$/m)
  await other.drop()
})

it('doctor says that the database is unavailable, and that the service works without Redis', async () => {
  const { code, stdout } = await doctor({
    DATABASE_URL: 'mysql://u:secret@127.0.0.1:1/x',
    REDIS_URL: 'redis://127.0.0.1:1',
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Database +DATABASE_URL: the database server cannot be reached/m)
  expect(stdout).toMatch(/^warning +REDIS_URL +Redis can't be reached/m)
  expect(stdout).not.toContain('secret')
})

it('doctor refuses an eviction policy that could drop the revocation stream', async () => {
  const redis = await privateRedis()
  const client = new Redis(redis.url)
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  client.disconnect()
  const { code, stdout } = await doctor({ REVOCATION_REDIS_URL: redis.url })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Eviction policy +allkeys-lru/m)
  expect(stdout).toContain('Set maxmemory-policy noeviction on the server of REVOCATION_REDIS_URL.')
  await redis.remove()
})

it('doctor measures the clock of this machine by the database', async () => {
  const shifted = fileURLToPath(new URL('../../support/shifted-clock.mjs', import.meta.url))
  const { code, stdout } = await doctor({
    NODE_OPTIONS: `--import=${shifted}`,
    CLOCK_SHIFT_MS: '3600000',
    CLOCK_SHIFT_AT: 'start',
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Clock +3600\.\d s ahead of the database's; at most 5 s are allowed$/m)
  expect(stdout).toContain('NTP')
})

it('doctor says that no key signs', async () => {
  const { code, stdout } = await doctor({
    JWT_SECRET: '',
    KEYS_DIR: '/nowhere',
    REVOCATION_KEY: 'test-revocation-key-0123456789abcdef0123',
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Keys +No key signs\.$/m)
})
