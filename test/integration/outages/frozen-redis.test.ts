import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionValidator, type SessionValidator } from '../../../packages/session/src/index.js'
import { refusal } from '../../support/refusal.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

/** Waits out the default policy of 30 s, so it runs only on request: SLOW=1 npm test -- frozen-redis */
describe.runIf(process.env['SLOW'])('a Redis that hangs for more than 30 s', () => {
  let database: TestDatabase
  let redis: PrivateServer
  let service: ServiceProcess
  let validators: Record<'patient' | 'strict' | 'lenient', SessionValidator>

  beforeAll(async () => {
    ;[database, redis] = await Promise.all([createTestDatabase(), privateRedis()])
    service = await startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: redis.url })
    const options = { secret: TEST_ENVIRONMENT.JWT_SECRET, redis: redis.url }
    const [patient, strict, lenient] = await Promise.all([
      createSessionValidator(options),
      createSessionValidator({ ...options, whenDisconnected: 'deny' }),
      createSessionValidator({ ...options, whenDisconnected: 'allow' }),
    ])
    validators = { patient, strict, lenient }
  })
  afterAll(async () => {
    await Promise.all(Object.values(validators).map((sessions) => sessions.close()))
    service.kill('SIGTERM')
    await service.finished
    await Promise.all([database.drop(), redis.remove()])
  })

  it('each validator follows its policy, the service keeps working, and all refuse the token once Redis is back', async () => {
    const { token } = await service.signUp()
    const outcome = (sessions: SessionValidator) => refusal(() => sessions.validate(token))

    redis.freeze()
    const frozen = performance.now()
    const seconds = () => (performance.now() - frozen) / 1000
    await service.succeed('mutation { logout }', {}, token)
    expect(seconds()).toBeLessThan(1)
    expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')

    await until('the strict validator is stale', () => outcome(validators.strict) === 'stale')
    expect(seconds()).toBeLessThan(8)
    await until(
      'the patient validator is stale',
      async () => {
        const sent = performance.now()
        await service.isAvailable('available-name')
        expect(performance.now() - sent).toBeLessThan(500)
        return outcome(validators.patient) === 'stale'
      },
      { every: 100 },
    )
    expect(seconds()).toBeGreaterThan(28)
    expect(seconds()).toBeLessThan(33)
    expect(outcome(validators.lenient)).toBe('accepted')

    redis.thaw()
    const thawed = performance.now()
    for (const sessions of Object.values(validators)) {
      await until('the token is refused', () => outcome(sessions) === 'revoked')
      await until('the validator is ready again', () => sessions.status().ready)
    }
    expect(performance.now() - thawed).toBeLessThan(8000)
  })
})
