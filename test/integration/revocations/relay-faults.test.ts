import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createSessionValidator, type SessionValidatorOptions } from '../../../packages/session/src/index.js'
import { refusal } from '../../support/refusal.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { lockWait } from '../../support/locks.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

type Validator = Awaited<ReturnType<typeof createSessionValidator>>

const STREAM = 'token_invalidation_log'
const LOGOUT = 'mutation { logout }'

let database: TestDatabase
let server: PrivateServer
let redis: Redis
const services: ServiceProcess[] = []

beforeAll(async () => {
  ;[database, server] = await Promise.all([createTestDatabase(), privateRedis()])
  redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 })
  redis.on('error', () => undefined)
})
afterEach(async () => {
  for (const service of services) service.kill('SIGKILL')
  await Promise.all(services.splice(0).map(({ finished }) => finished))
})
afterAll(async () => {
  redis.disconnect()
  await Promise.all([database.drop(), server.remove()])
})

async function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: server.url, ...env })
  services.push(service)
  return service
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

const judge = (sessions: Validator, token: string) => refusal(() => sessions.validate(token))
const refuses = (sessions: Validator, token: string) =>
  until('the token is refused', () => judge(sessions, token) === 'revoked')

/** Everything that was said about the token until it was refused, asked without pause. */
async function verdicts(sessions: Validator, token: string): Promise<Set<string>> {
  const said = new Set<string>()
  await until('the token is refused', () => said.add(judge(sessions, token)).has('revoked'), { every: 1 })
  return said
}

const jtiOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }).jti

/** How often the stream says that this token is revoked. */
async function deliveries(token: string): Promise<number> {
  const entries = await redis.xrange(STREAM, '-', '+')
  return entries.filter(([, fields]) => fields.join().includes(jtiOf(token))).length
}

async function signedOut(service: ServiceProcess): Promise<string> {
  const { token } = await service.signUp()
  await service.succeed(LOGOUT, {}, token)
  return token
}

/** MariaDB does not notice that a client is dead while its statement waits for a lock, and would still carry it out. */
async function killStatement(text: RegExp): Promise<void> {
  const sql = 'SELECT id, info FROM information_schema.processlist WHERE db = DATABASE() AND info IS NOT NULL'
  const found = (await database.query<{ id: number; info: string }>(sql)).find(({ info }) => text.test(info))
  expect(found).toBeDefined()
  await database.query('KILL ?', [found?.id])
}

const epoch = async () =>
  Number((await database.query<{ epoch: string }>('SELECT epoch FROM revocation_log'))[0]?.epoch)

describe('two services', () => {
  it('a logout at either: every validator refuses, new or old', async () => {
    const [first, second] = await Promise.all([start(), start()])
    const validators = await Promise.all([validator(), validator(), validator()])
    const accounts = await Promise.all([first.signUp(), second.signUp()])
    for (const sessions of validators) for (const { token } of accounts) expect(judge(sessions, token)).toBe('accepted')
    await first.succeed(LOGOUT, {}, accounts[1].token)
    await second.succeed(LOGOUT, {}, accounts[0].token)
    validators.push(await validator())
    for (const sessions of validators) for (const { token } of accounts) await refuses(sessions, token)
  })

  it('a relay that hangs is replaced within seconds, and steps down when it wakes', async () => {
    const hanging = await start()
    const sessions = await validator()
    const other = await start()
    const { token } = await other.signUp()
    const opened = await epoch()
    hanging.kill('SIGSTOP')
    const stopped = performance.now()
    await until('knowledge goes stale', () => sessions.status().lagMs! > 3500)
    await until('knowledge is fresh again', () => sessions.status().lagMs! < 2500)
    expect(performance.now() - stopped).toBeLessThan(9000)
    hanging.kill('SIGCONT')
    await other.succeed(LOGOUT, {}, token)
    await refuses(sessions, token)
    expect((await hanging.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
    expect(await epoch()).toBe(opened)
  })
})

describe("a relay that can't reach Redis", () => {
  it('leaves the work to one that can', async () => {
    // Alone at first, so it is the relay before the other one has started.
    const apart = await start({ REVOCATION_REDIS_URL: 'redis://127.0.0.1:1' })
    await start()
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
    // An emptied Redis makes the relay deliver again; it cannot note that down while the row is held.
    await redis.flushall()
    await until('the revocation is back', async () => (await deliveries(token)) === 1)
    await lockWait(database)
    first.kill('SIGKILL')
    await first.finished
    await killStatement(/^UPDATE .*revocations/)
    await holder.rollback()
    await holder.end()

    const sessions = await validator({ waitForReady: 0 })
    const heard = verdicts(sessions, token)
    await start()
    expect(await heard).toEqual(new Set(['not_ready', 'revoked']))
    expect(await deliveries(token)).toBe(2)
  })
})

describe('a Redis that loses its data', () => {
  it('FLUSHALL: a validator that starts right after is not ready before everything is written again', async () => {
    const service = await start()
    const token = await signedOut(service)
    const old = await validator()
    await redis.flushall()
    const sessions = await validator({ waitForReady: 0 })
    expect(judge(sessions, token)).toBe('not_ready')
    expect(await verdicts(sessions, token)).toEqual(new Set(['not_ready', 'revoked']))
    expect(judge(old, token)).toBe('revoked')
  })

  it('restarted empty: known tokens stay refused, and a new validator is not ready before it knows them too', async () => {
    const service = await start()
    const tokens = await Promise.all([signedOut(service), signedOut(service)])
    const before = await epoch()
    const old = await validator()
    await server.restart()
    const sessions = await validator({ waitForReady: 0 })
    for (const token of tokens) expect(judge(old, token)).toBe('revoked')
    expect(await verdicts(sessions, tokens[0])).toEqual(new Set(['not_ready', 'revoked']))
    for (const token of tokens) expect(judge(sessions, token)).toBe('revoked')
    expect(await epoch()).toBeGreaterThan(before)
    await until('the old one follows', () => old.status().epoch === sessions.status().epoch)
  })
})

describe('a revocation stream that was trimmed by age', () => {
  /** What the relay does when everything up to now has grown too old, but exactly. */
  async function trim(): Promise<void> {
    const [latest] = await redis.xrevrange(STREAM, '+', '-', 'COUNT', 1)
    await redis.xtrim(STREAM, 'MINID', latest?.[0] ?? '')
    expect(await redis.xlen(STREAM)).toBeLessThan(5)
  }

  it('lets a later validator become ready although the opening entry of the epoch is gone', async () => {
    const service = await start()
    const { token } = await service.signUp()
    await until('a checkpoint stands there', async () => (await redis.xlen(STREAM)) > 2)
    const opened = await epoch()
    await trim()
    const sessions = await validator()
    expect(judge(sessions, token)).toBe('accepted')
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
    const second = await start()
    const sessions = await validator()
    await second.succeed(LOGOUT, {}, token)
    await Promise.all([old, sessions].map((each) => refuses(each, token)))
    expect(await epoch()).toBe(opened)
    expect(sessions.status().epoch).toBe(opened)
  })
})
