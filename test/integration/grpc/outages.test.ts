import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { bearer, connect, failureOf, type GrpcConnection } from '../../support/grpc.js'
import { testRedisUrl } from '../../support/redis.js'
import { type Instance, startInstance } from '../../support/service.js'
import { startTcpProxy } from '../../support/tcp-proxy.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let proxy: Awaited<ReturnType<typeof startTcpProxy>>
let redis: Awaited<ReturnType<typeof startTcpProxy>>
let service: Instance
let grpc: GrpcConnection

beforeAll(async () => {
  database = await createTestDatabase()
  proxy = await startTcpProxy(() => database.url)
  redis = await startTcpProxy(() => testRedisUrl())
  service = await startInstance({
    ...{ GRPC_PORT: '0', DATABASE_URL: proxy.through(database.url), DATABASE_TIMEOUT: '2' },
    REDIS_URL: redis.through(testRedisUrl()),
  })
  grpc = connect(service.grpc!.port)
})
afterAll(async () => {
  grpc.close()
  await service.stop()
  proxy.close()
  redis.close()
  await database.drop()
})

describe('a deadline', () => {
  it('ends a call while the database hangs, long before the time that the database has', async () => {
    const { token } = await service.signUp()
    proxy.hang()
    try {
      const startedAt = performance.now()
      const deadline = Date.now() + 300
      const failure = await failureOf(grpc.auth.getUserProfile({}, { ...bearer(token), deadline }))
      expect(failure.status).toBe('DEADLINE_EXCEEDED')
      expect(performance.now() - startedAt).toBeLessThan(1900)
      await until('the metric', async () =>
        /method="GetUserProfile",status="(DEADLINE_EXCEEDED|CANCELLED)"\} 1/.test(await service.app.metrics.text()),
      )
    } finally {
      proxy.goOn()
    }
    const { user } = await until('the database', () => grpc.auth.getUserProfile({}, bearer(token)).catch(() => null))
    expect(user).toBeDefined()
  })

  it('lets no statement follow that the call has not sent yet', async () => {
    const email = `${unique()}@example.com`
    proxy.hang()
    const failure = await failureOf(
      grpc.auth.register({ email, password: 'correct horse' }, { deadline: Date.now() + 200 }),
    )
    expect(failure.status).toBe('DEADLINE_EXCEEDED')
    proxy.goOn()
    await until('the end of the call', async () =>
      /method="Register",status="(DEADLINE_EXCEEDED|CANCELLED)"\} 1/.test(await service.app.metrics.text()),
    )
    expect(await database.query('SELECT id FROM users WHERE email = ?', [email])).toEqual([])
  })
})

describe('ValidateToken', () => {
  // The last one: Redis does not come back.
  it('answers from the database while Redis is gone, and says so if that is gone, too', async () => {
    const [user, other] = [await service.signUp(), await service.signUp()]
    const isValid = async (token: string) => (await grpc.auth.validateToken({ token })).valid
    const { validation } = service.app.services.sessions
    await until('the revocations', () => !(validation.validate(user.token) instanceof Promise))
    redis.close()
    await until('the end of the connection', () => validation.validate(user.token) instanceof Promise)
    expect([await isValid(user.token), await isValid(other.token)]).toEqual([true, true])
    await grpc.auth.logout({}, bearer(user.token))
    expect([await isValid(user.token), await isValid(other.token)]).toEqual([false, true])
    expect(await isValid('none')).toBe(false)
    proxy.close()
    const failure = await failureOf(grpc.auth.validateToken({ token: other.token }))
    expect(failure).toMatchObject({ status: 'UNAVAILABLE', code: 'SERVICE_UNAVAILABLE' })
  })
})
