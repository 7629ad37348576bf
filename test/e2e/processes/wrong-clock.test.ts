import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSessionValidator } from '../../../packages/session/src/index.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startProgram, startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { refusal } from '../../support/refusal.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { type Instance, startInstance, TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

const SHIM = fileURLToPath(new URL('../../support/shifted-clock.mjs', import.meta.url))
const MINUTE_MS = 60_000
/** Longer than an access token lives. */
const SHIFTS = [-60, 20]

let server: PrivateServer
let redis: Redis
let database: TestDatabase
const services: ServiceProcess[] = []
/** In this process, whose clock is right. */
let right: Instance | undefined

beforeAll(async () => {
  server = await privateRedis()
  redis = new Redis(server.url)
})
beforeEach(async () => {
  database = await createTestDatabase()
})
afterEach(async () => {
  for (const service of services) service.kill('SIGKILL')
  await Promise.all(services.splice(0).map(({ finished }) => finished))
  await right?.stop()
  right = undefined
  await database.drop()
})
afterAll(async () => {
  redis.disconnect()
  await server.remove()
})

const shifted = (minutes: number, at: 'start' | 'signal') => ({
  NODE_OPTIONS: `--import=${SHIM}`,
  CLOCK_SHIFT_MS: String(minutes * MINUTE_MS),
  CLOCK_SHIFT_AT: at,
})

async function start(env: Record<string, string>): Promise<ServiceProcess> {
  const service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: server.url, ...env })
  services.push(service)
  return service
}

const offset = async ({ url }: ServiceProcess): Promise<number> => {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return Number(/^postern_clock_offset_seconds (\S+)$/m.exec(metrics)?.[1])
}

const checkpoints = async () => {
  const entries = await redis.xrange('token_invalidation_log', '-', '+')
  return entries.filter(([, fields]) => fields.includes('checkpoint')).length
}

describe('a clock that is wrong at the start', () => {
  it.each(SHIFTS)('stops the start with a message (%i minutes)', async (minutes) => {
    const env = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: server.url, ...shifted(minutes, 'start') }
    const { code, stderr } = await startProgram('main.js', [], env).finished
    expect(code).toBe(1)
    const direction = minutes > 0 ? 'ahead of' : 'behind'
    expect(stderr).toBe(
      `The clock of this machine is ${Math.abs(minutes) * 60} s ${direction} the database server's; at most 5 s are allowed. ` +
        'Synchronize both clocks (NTP), then start again.\n',
    )
  })
})

describe('a clock that becomes wrong while the service runs', () => {
  it.each(SHIFTS)('makes no token valid again, even after Redis was emptied (%i minutes)', async (minutes) => {
    const wrong = await start(shifted(minutes, 'signal'))
    const account = await wrong.register()
    const signIn = async () => (await wrong.login(account)).token
    const before = await signIn()
    await wrong.succeed('mutation { logout }', {}, before)
    const during = await signIn()

    wrong.kill('SIGUSR2')
    await until('the clock is wrong', async () => Math.abs((await offset(wrong)) - minutes * 60) < 5)
    await wrong.succeed('mutation { logout }', {}, during)
    const all = await signIn()
    await wrong.succeed('mutation { logoutAll }', {}, all)
    const valid = await signIn()

    right = await startInstance({ DATABASE_URL: database.url, REDIS_URL: server.url })
    await redis.flushall()
    await until('the other process is the relay', async () => (await checkpoints()) > 0)
    const validator = await createSessionValidator({ secret: TEST_ENVIRONMENT.JWT_SECRET, redis: server.url })
    try {
      await until('the validator is ready', () => validator.status().ready)
      for (const token of [before, during, all]) {
        expect(refusal(() => validator.validate(token))).toBe('revoked')
        expect((await right.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
      }
      expect(refusal(() => validator.validate(valid))).toBe('accepted')
      await right.succeed('{ profile { id } }', {}, valid)
    } finally {
      await validator.close()
    }
  })
})
