import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { REVOCATION_STREAM } from '@postern/contract/revocations'
import { parseRedisUrl } from '@postern/contract/redis-url'
import { createSessionValidator, type SessionValidator } from '../../../packages/session/src/index.js'
import { createRedis } from '../../../packages/service/src/redis.js'
import { createAuthority } from '../../support/certificates.js'
import { command } from '../../support/commands.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startProgram } from '../../support/process.js'
import { startSentinels, type SentinelSetup } from '../../support/redis-sentinel.js'
import type { RedisServer } from '../../support/redis-server.js'
import { refusal } from '../../support/refusal.js'
import { startInstance, TEST_ENVIRONMENT, type Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let redis: SentinelSetup
let service: Instance
let sessions: SessionValidator

async function startAll(): Promise<void> {
  ;[database, redis] = await Promise.all([createTestDatabase(), startSentinels()])
  service = await startInstance({ DATABASE_URL: database.url, REDIS_URL: redis.url })
  sessions = await createSessionValidator({ secret: TEST_ENVIRONMENT.JWT_SECRET, redis: redis.url })
}
async function stopAll(): Promise<void> {
  await Promise.all([sessions.close(), service.stop()])
  await Promise.all([database.drop(), redis.stop()])
}

const outcome = (token: string) => refusal(() => sessions.validate(token))
const logOut = (token: string) => service.succeed('mutation { logout }', {}, token)
const promoted = () => until('the replica is the primary', async () => (await role()) === 'master')
const role = async () => ((await redis.replica.redis.call('ROLE')) as string[])[0]
/** The ids of the entries of logouts in its stream. */
async function logouts(server: RedisServer): Promise<string[]> {
  const entries = await server.redis.xrange(REVOCATION_STREAM, '-', '+')
  return entries.filter(([, fields]) => fields.some((field) => field.includes('"logout"'))).map(([id]) => id)
}
/** Until the validator knows what was committed before this call. */
async function fresh() {
  const asked = performance.now()
  await until('the validator is up to date', () => {
    const { lagMs } = sessions.status()
    return lagMs !== null && lagMs < performance.now() - asked
  })
}

describe('Sentinels', () => {
  beforeAll(startAll)
  afterAll(stopAll)

  it('lead doctor to Redis', async () => {
    const env = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: redis.url }
    const { code, stdout } = await command(['doctor'], env)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^ok +REDIS_URL +Redis \d/m) })
    expect(stdout).not.toContain('the-password')
  })

  it('end a start with the reason if they do not know the name, or refuse the password', async () => {
    const start = (url: string) => {
      const env = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: url }
      return startProgram('main.js', [], env).finished
    }
    const [unknown, refused, wrong] = await Promise.all([
      start(redis.url.replace('/mymaster', '/other')),
      start(redis.url.replace('sentinel_password=', 'sentinel_password=x')),
      start(redis.url.replace('//:', '//:x')),
    ])
    expect(unknown).toMatchObject({ code: 1, stderr: 'REDIS_URL: no Sentinel knows a primary of this name.\n' })
    expect(refused).toMatchObject({ code: 1, stderr: 'REDIS_URL: a Sentinel refuses this user name or password.\n' })
    expect(wrong).toMatchObject({ code: 1, stderr: 'REDIS_URL: Redis refuses this user name or password.\n' })
  })
})

describe('a primary that moves', () => {
  beforeEach(startAll)
  afterEach(stopAll)

  describe('Redis behind Sentinels', () => {
    it('is used by the service and a validator, who follow the new primary after SIGKILL', async () => {
      const [before, after] = [await service.signUp(), await service.signUp()]
      await logOut(before.token)
      await until('the token is refused', () => outcome(before.token) === 'revoked')

      await redis.primary.kill()
      await promoted()
      await until('the service has both connections', async () => {
        const { redis: cache, revocationRedis } = await service.app.health()
        return cache.state === 'up' && revocationRedis.state === 'up'
      })
      await fresh()
      expect([before, after].map(({ token }) => outcome(token))).toEqual(['revoked', 'accepted'])
      await logOut(after.token)
      await until('the token is refused', () => outcome(after.token) === 'revoked')
    })

    it('keeps a token revoked whose revocation the dead primary had not replicated', async () => {
      const lost = await service.signUp()
      await fresh()
      await redis.stopReplication()
      await logOut(lost.token)
      await until('it is refused', () => outcome(lost.token) === 'revoked')
      const [lostId] = await logouts(redis.primary)
      expect(lostId).toBeDefined()
      expect(await logouts(redis.replica)).toEqual([])
      await redis.primary.kill()
      await promoted()

      // A validator that starts now knows only what the new primary has.
      const started = await createSessionValidator({ secret: TEST_ENVIRONMENT.JWT_SECRET, redis: redis.url })
      await until('it is ready', () => started.status().ready)
      expect(refusal(() => started.validate(lost.token))).toBe('revoked')
      await started.close()
      expect(outcome(lost.token)).toBe('revoked')
      const written = await logouts(redis.replica)
      expect(written).toHaveLength(1)
      expect(written).not.toContain(lostId)
    })

    it('is followed away from a primary that was demoted but still runs', async () => {
      const { token } = await service.signUp()
      await redis.failover()
      await promoted()
      await until('the service has moved', async () => (await service.app.health()).revocationRedis.state === 'up')
      await logOut(token)
      await until('the token is refused', () => outcome(token) === 'revoked')
      await fresh()
      await until('nothing but replication is connected to the old one', async () => {
        const clients = String(await redis.primary.redis.client('LIST'))
        return !/name=postern-session/.test(clients)
      })
    })
  })

  describe('a connection that is being opened while the primary moves', () => {
    it('is opened to the new primary, although the Sentinel that it asks does not answer', async () => {
      const target = parseRedisUrl(redis.url)
      if ('problem' in target) throw new Error(target.problem)
      const connection = createRedis({ ...target, ca: undefined }, { commandTimeoutMs: 1000, onError: () => undefined })
      await until('it is open', () => connection.status === 'ready')
      const resume = redis.suspendSentinel()
      await redis.primary.redis.client('KILL', 'ID', await connection.client('ID'))
      await until('it waits for the Sentinel', () => connection.status === 'connecting')
      await redis.failover()
      await promoted()
      await until('it is open again', () => connection.status === 'ready')
      resume()
      await until('it leads to the new primary', async () => {
        const info = await connection.info('server').catch(() => '')
        return info.includes(`tcp_port:${redis.replica.port}`)
      })
      connection.disconnect()
    })
  })

  describe('a primary that is cut off from the Sentinels, but not from its clients', () => {
    it('is left within 10 s by the service and the validator', async () => {
      const { token } = await service.signUp()
      await fresh()
      await redis.isolatePrimary()
      await promoted()
      const promotion = performance.now()
      await logOut(token)
      await until('the new primary has the revocation', async () => (await logouts(redis.replica)).length > 0)
      await until('a validator that reads from it is up to date', async () => {
        const clients = String(await redis.replica.redis.client('LIST'))
        return /name=postern-session/.test(clients)
      })
      await fresh()
      expect(performance.now() - promotion).toBeLessThan(10_000)
      expect(outcome(token)).toBe('revoked')
    })
  })
})

describe('Redis behind Sentinels with TLS', () => {
  it('is followed after a failover although the Sentinels announce addresses, and the certificates are for a host', async () => {
    const ca = createAuthority()
    const [own, secured] = await Promise.all([createTestDatabase(), startSentinels(ca)])
    const started = await startInstance({ DATABASE_URL: own.url, REDIS_URL: secured.url, REDIS_CA: ca.caFile })
    const validator = await createSessionValidator({
      secret: TEST_ENVIRONMENT.JWT_SECRET,
      redis: secured.newClient(),
    })
    expect(validator.status().ready).toBe(true)
    const { token } = await started.signUp()
    await secured.primary.kill()
    await until('the replica is the primary', async () =>
      String(await secured.replica.redis.call('ROLE')).startsWith('master'),
    )
    await started.succeed('mutation { logout }', {}, token)
    await until('the service has moved', async () => (await started.app.health()).revocationRedis.state === 'up')
    await until('the token is refused', () => refusal(() => validator.validate(token)) === 'revoked')
    await Promise.all([validator.close(), started.stop()])
    await Promise.all([secured.stop(), own.drop()])
    ca.remove()
  })
})
