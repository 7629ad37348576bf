import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createSessionValidator, type SessionValidatorOptions } from '../../../packages/session/src/index.js'
import { refusal } from '../../support/refusal.js'
import type { Client } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { lockWait } from '../../support/locks.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { type Instance, startInstance, TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

type Validator = Awaited<ReturnType<typeof createSessionValidator>>

const STREAM = 'token_invalidation_log'
const LOGOUT = 'mutation { logout }'

let database: TestDatabase
let server: PrivateServer
let redis: Redis
const services: ServiceProcess[] = []
const instances: Instance[] = []

beforeAll(async () => {
  ;[database, server] = await Promise.all([createTestDatabase(), privateRedis()])
  redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 })
  redis.on('error', () => undefined)
})
afterEach(async () => {
  for (const service of services) service.kill('SIGKILL')
  await Promise.all(services.splice(0).map(({ finished }) => finished))
  await Promise.all(instances.splice(0).map((instance) => instance.stop()))
})
afterAll(async () => {
  redis.disconnect()
  await Promise.all([database.drop(), server.remove()])
})

const urls = () => ({ DATABASE_URL: database.url, REDIS_URL: server.url })

/** One that a test can kill. */
async function start(): Promise<ServiceProcess> {
  const service = await startServiceProcess(urls())
  services.push(service)
  return service
}

/** One in this process, which starts sooner. */
async function startHere(env: Record<string, string> = {}): Promise<Instance> {
  const instance = await startInstance({ ...urls(), ...env })
  instances.push(instance)
  return instance
}

async function validator(options: Partial<SessionValidatorOptions> = {}): Promise<Validator> {
  const sessions = await createSessionValidator({
    secret: TEST_ENVIRONMENT.JWT_SECRET,
    redis: server.url,
    whenDisconnected: 'allow',
    ...options,
  })
  onTestFinished(() => sessions.close())
  return sessions
}

const outcome = (sessions: Validator, token: string) => refusal(() => sessions.validate(token))
const refuses = (sessions: Validator, token: string) =>
  until('the token is refused', () => outcome(sessions, token) === 'revoked')

/** Validates the token without pause until it is refused, and returns all outcomes. */
async function outcomes(sessions: Validator, token: string): Promise<Set<string>> {
  const seen = new Set<string>()
  await until('the token is refused', () => seen.add(outcome(sessions, token)).has('revoked'), { every: 1 })
  return seen
}

const jtiOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti

/** The number of entries in the stream that revoke this token. */
async function deliveries(token: string): Promise<number> {
  const entries = await redis.xrange(STREAM, '-', '+')
  return entries.filter(([, fields]) => fields.join().includes(jtiOf(token))).length
}

async function signedOut(service: Client): Promise<string> {
  const { token } = await service.signUp()
  await service.succeed(LOGOUT, {}, token)
  return token
}

/** MariaDB does not notice that a client has died while its statement waits for a lock, and would still execute it. */
async function killStatement(text: RegExp): Promise<void> {
  const sql = 'SELECT id, info FROM information_schema.processlist WHERE db = DATABASE() AND info IS NOT NULL'
  const found = (await database.query<{ id: number; info: string }>(sql)).find(({ info }) => text.test(info))
  expect(found).toBeDefined()
  await database.query('KILL ?', [found?.id])
}

const epoch = async () =>
  Number((await database.query<{ epoch: string }>('SELECT epoch FROM revocation_log'))[0]?.epoch)

describe('two services', () => {
  it('share revocations: after a logout at either, every validator refuses the token', async () => {
    const [first, second] = await Promise.all([startHere(), startHere()])
    const validators = await Promise.all([validator(), validator(), validator()])
    const accounts = await Promise.all([first.signUp(), second.signUp()])
    for (const sessions of validators)
      for (const { token } of accounts) expect(outcome(sessions, token)).toBe('accepted')
    await first.succeed(LOGOUT, {}, accounts[1].token)
    await second.succeed(LOGOUT, {}, accounts[0].token)
    validators.push(await validator())
    for (const sessions of validators) for (const { token } of accounts) await refuses(sessions, token)
  })

  it('replace a relay that hangs within seconds, and it steps down when it resumes', async () => {
    const hanging = await start()
    const sessions = await validator()
    const other = await startHere()
    const { token } = await other.signUp()
    const opened = await epoch()
    hanging.kill('SIGSTOP')
    const stopped = performance.now()
    await until('the knowledge is stale', () => sessions.status().lagMs! > 3500)
    await until('the knowledge is fresh again', () => sessions.status().lagMs! < 2500)
    expect(performance.now() - stopped).toBeLessThan(9000)
    hanging.kill('SIGCONT')
    await other.succeed(LOGOUT, {}, token)
    await refuses(sessions, token)
    expect((await hanging.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
    expect(await epoch()).toBe(opened)
  })
})

describe("a relay that can't reach Redis", () => {
  it('leaves the work to a relay that can', async () => {
    // It starts first, so it becomes the relay.
    const apart = await startHere({ REVOCATION_REDIS_URL: 'redis://127.0.0.1:1' })
    await startHere()
    const sessions = await validator()
    const token = await signedOut(apart)
    await refuses(sessions, token)
  })
})

describe('a relay that is killed between writing to Redis and recording that', () => {
  it('loses nothing: the next one delivers again', async () => {
    const first = await start()
    const token = await signedOut(first)
    expect(await deliveries(token)).toBe(1)
    const holder = await database.connect()
    await holder.beginTransaction()
    await holder.query('SELECT id FROM revocations WHERE jti = ? FOR UPDATE', [jtiOf(token)])
    // The emptied Redis makes the relay deliver again. It cannot record the delivery while the row is locked.
    await redis.flushall()
    await until('the revocation is back', async () => (await deliveries(token)) === 1)
    await lockWait(database)
    first.kill('SIGKILL')
    await first.finished
    await killStatement(/^UPDATE .*revocations/)
    await holder.rollback()
    await holder.end()

    const sessions = await validator({ waitForReady: 0 })
    const all = outcomes(sessions, token)
    await startHere()
    expect(await all).toEqual(new Set(['not_ready', 'revoked']))
    expect(await deliveries(token)).toBe(2)
  })
})

describe('a service that is killed between the commit of a logout and its delivery', () => {
  it('loses nothing: the next one delivers it, once', async () => {
    const first = await start()
    const { token } = await first.signUp()
    // Redis takes no writes until it is told to, and forgets those of connections that are lost by then.
    await redis.client('PAUSE', 600_000, 'WRITE')
    const answer = first.graphql(LOGOUT, {}, token).catch(() => null)
    const sql = 'SELECT published_epoch FROM revocations WHERE jti = ?'
    const rows = await until('the logout is committed', async () => {
      const found = await database.query<{ published_epoch: number }>(sql, [jtiOf(token)])
      return found.length > 0 && found
    })
    expect(rows).toEqual([{ published_epoch: 0 }])
    first.kill('SIGKILL')
    await first.finished
    await answer
    await redis.client('UNPAUSE')
    expect(await deliveries(token)).toBe(0)

    const second = await startHere()
    const sessions = await validator()
    await refuses(sessions, token)
    expect((await second.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
    expect(await deliveries(token)).toBe(1)
  })
})

describe('a Redis that loses its data', () => {
  it('makes a validator that starts after FLUSHALL wait until everything is written again', async () => {
    const service = await startHere()
    const token = await signedOut(service)
    const old = await validator()
    await redis.flushall()
    const sessions = await validator({ waitForReady: 0 })
    expect(outcome(sessions, token)).toBe('not_ready')
    expect(await outcomes(sessions, token)).toEqual(new Set(['not_ready', 'revoked']))
    expect(outcome(old, token)).toBe('revoked')
  })

  it('leaves known tokens refused after a restart, and new validators not ready until they know them too', async () => {
    const service = await startHere()
    const tokens = await Promise.all([signedOut(service), signedOut(service)])
    const before = await epoch()
    const old = await validator()
    await server.restart()
    const sessions = await validator({ waitForReady: 0 })
    for (const token of tokens) expect(outcome(old, token)).toBe('revoked')
    expect(await outcomes(sessions, tokens[0])).toEqual(new Set(['not_ready', 'revoked']))
    for (const token of tokens) expect(outcome(sessions, token)).toBe('revoked')
    expect(await epoch()).toBeGreaterThan(before)
    await until('the old validator has caught up', () => old.status().epoch === sessions.status().epoch)
  })
})

describe('a revocation stream that was trimmed by age', () => {
  /** Trims everything up to now, as the relay does with old entries, but exactly. */
  async function trim(): Promise<void> {
    const [latest] = await redis.xrevrange(STREAM, '+', '-', 'COUNT', 1)
    await redis.xtrim(STREAM, 'MINID', latest?.[0] ?? '')
    expect(await redis.xlen(STREAM)).toBeLessThan(5)
  }

  it('lets a later validator become ready although the opening entry of the epoch is gone', async () => {
    const service = await startHere()
    const { token } = await service.signUp()
    await until('the stream has a checkpoint', async () => (await redis.xlen(STREAM)) > 2)
    const opened = await epoch()
    await trim()
    const sessions = await validator()
    expect(outcome(sessions, token)).toBe('accepted')
    expect(sessions.status()).toMatchObject({ ready: true, epoch: opened })
    await service.succeed(LOGOUT, {}, token)
    await refuses(sessions, token)
  })

  it('lets another relay continue in the same epoch', async () => {
    const first = await start()
    const { token } = await first.signUp()
    const old = await validator()
    const opened = await epoch()
    await trim()
    first.kill('SIGKILL')
    await first.finished
    const second = await startHere()
    const sessions = await validator()
    await second.succeed(LOGOUT, {}, token)
    await Promise.all([old, sessions].map((each) => refuses(each, token)))
    expect(await epoch()).toBe(opened)
    expect(sessions.status().epoch).toBe(opened)
  })
})
