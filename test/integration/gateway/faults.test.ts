import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { freePort } from '../../support/free-port.js'
import { type RunningGateway, startGateway } from '../../support/gateway.js'
import { type ServiceProcess, startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

/** GATEWAY_TIMEOUT: what no request may take, whatever happens to the service. */
const BOUND_MS = 10_000

let [database, auth, gateway, port] = [] as unknown as [TestDatabase, ServiceProcess, RunningGateway, number]

const startAuth = () =>
  startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), GRPC_PORT: String(port) })

beforeAll(async () => {
  database = await createTestDatabase()
  port = await freePort()
  auth = await startAuth()
  gateway = await startGateway({ AUTH_GRPC_URL: `127.0.0.1:${port}` })
})
afterAll(async () => {
  await gateway.stop()
  auth.kill('SIGKILL')
  await auth.finished
  await database.drop()
})

const breaker = () => gateway.gateway.upstreams.breakers()[0]!.state

async function check(name: string) {
  const startedAt = performance.now()
  const response = await fetch(`${gateway.url}/usernames/${name}/availability`)
  const body = (await response.json()) as { code?: string; available?: boolean }
  return { status: response.status, headers: response.headers, body, milliseconds: performance.now() - startedAt }
}

describe('while the auth service is killed under load', () => {
  it('every request gets an answer in time, the breaker opens, and closes when the service is back', async () => {
    expect((await check('ada')).body).toMatchObject({ available: true })
    let isRunning = true
    const answers: Awaited<ReturnType<typeof check>>[] = []
    const work = async () => {
      while (isRunning) {
        answers.push(await check('ada'))
        await pause(5)
      }
    }
    const load = Promise.all(Array.from({ length: 8 }, work))
    const outcome = load.catch((error: unknown) => error)
    await until('the load is there', () => answers.length > 50)

    auth.kill('SIGKILL')
    await auth.finished
    await until('the breaker is open', () => breaker() === 'open')
    const refused = await check('ada')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('content-type')).toContain('application/problem+json')
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.body).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503, retryAfter: 1 })
    // Between two probes: during one, the state is half-open.
    await until('the metrics say that it is open', async () =>
      (await gateway.gateway.metrics.text()).includes('circuit_breaker_state{name="auth"} 2'),
    )
    expect(await (await fetch(`${gateway.url}/readyz`)).json()).toMatchObject({ status: 'degraded', auth: 'down' })

    auth = await startAuth()
    await until('the breaker has closed', () => breaker() === 'closed')
    await until('calls succeed', () => answers.at(-1)?.status === 200)
    isRunning = false
    expect(await outcome).not.toBeInstanceOf(Error)

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]))
    for (const { status, headers, body } of answers.filter((answer) => answer.status !== 200)) {
      expect([status, headers.get('retry-after'), body.code]).toEqual([503, '1', 'SERVICE_UNAVAILABLE'])
    }
    expect(Math.max(...answers.map(({ milliseconds }) => milliseconds))).toBeLessThan(BOUND_MS)
    expect(await gateway.gateway.metrics.text()).toMatch(
      /circuit_breaker_events_total{name="auth",event="refused"} [1-9]/,
    )
  })

  it('a service that hangs opens the breaker of its gateway, and it closes when the service continues', async () => {
    const impatient = await startGateway({ AUTH_GRPC_URL: `127.0.0.1:${port}`, GATEWAY_TIMEOUT: '1' })
    const statusOf = async () => (await fetch(`${impatient.url}/usernames/ada/availability`)).status
    const state = () => impatient.gateway.upstreams.breakers()[0]!.state
    expect(await statusOf()).toBe(200)
    auth.kill('SIGSTOP')
    expect([await statusOf(), await statusOf(), await statusOf()]).toEqual([504, 504, 504])
    expect(await statusOf()).toBe(503)
    await until('the breaker is open', () => state() === 'open')
    auth.kill('SIGCONT')
    await until('the breaker has closed', () => state() === 'closed')
    expect(await statusOf()).toBe(200)
    await impatient.stop()
  })

  it('no deadline that a client chooses opens the breaker, however long', async () => {
    auth.kill('SIGSTOP')
    const frame = Buffer.from([0, 0, 0, 0, 0])
    const url = `${gateway.url}/postern.auth.v1.AuthService/CheckUsernameAvailability`
    const call = async (timeout: string) => {
      const headers = { 'content-type': 'application/grpc-web+proto', 'grpc-timeout': timeout }
      return (await fetch(url, { method: 'POST', headers, body: frame })).text()
    }
    for (let i = 0; i < 10; i++) expect(await call('20m')).toContain('grpc-status: 4')
    const longer = await Promise.all(Array.from({ length: 6 }, () => call('1100m')))
    for (const answer of longer) expect(answer).toContain('grpc-status: 4')
    expect(breaker()).toBe('closed')
    auth.kill('SIGCONT')
  })
})
