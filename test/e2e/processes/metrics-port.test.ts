import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { freePort } from '../../support/free-port.js'
import { startPrefork } from '../../support/prefork.js'
import { startProgram, startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), NODE_ENV: 'production', DATABASE_TIMEOUT: '60' }
})
afterAll(() => database.drop())

const get = (url: string, token?: string) =>
  fetch(url, { headers: { connection: 'close', ...(token && { authorization: `Bearer ${token}` }) } })

const checks = (text: string) =>
  Number(/^api_requests_total\{operation="checkUsernameAvailability"\} (\d+)$/m.exec(text)?.[1] ?? 0)

describe('METRICS_PORT', () => {
  it('serves the metrics in production, and PORT serves none', async () => {
    const port = await freePort()
    const service = await startServiceProcess({ ...env, METRICS_PORT: String(port) })
    const metricsUrl = new URL(service.url)
    metricsUrl.port = String(port)
    await service.isAvailable('ada')
    const response = await get(`${metricsUrl.origin}/metrics`)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ])
    expect(checks(await response.text())).toBe(1)
    expect(await (await get(`${metricsUrl.origin}/metrics/health`)).json()).toHaveProperty('requestsPerSecond')
    expect((await get(`${metricsUrl.origin}/graphql`)).status).toBe(404)
    for (const path of ['/metrics', '/metrics/health']) expect((await get(service.url + path)).status).toBe(404)
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
  })

  it('requires METRICS_TOKEN if there is one', async () => {
    const port = await freePort()
    const METRICS_TOKEN = 'test-metrics-token-0123456789abcdef01234567'
    const service = await startServiceProcess({ ...env, HOST: '127.0.0.1', METRICS_PORT: String(port), METRICS_TOKEN })
    expect((await get(`http://127.0.0.1:${port}/metrics`)).status).toBe(401)
    expect((await get(`http://127.0.0.1:${port}/metrics`, METRICS_TOKEN)).status).toBe(200)
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
  })

  it('serves the metrics of a whole prefork group', async () => {
    const port = await freePort()
    const group = await startPrefork({ ...env, HOST: '127.0.0.1', PREFORK: '2', METRICS_PORT: String(port) })
    for (let i = 0; i < 10; i++) await group.isAvailable('ada')
    const text = async () => (await get(`http://127.0.0.1:${port}/metrics`)).text()
    await until('all requests are counted', async () => checks(await text()) === 10)
    expect(await text()).toMatch(/^postern_processes 2$/m)
    expect(await text()).toMatch(/^process_start_time_seconds \d+$/m)
    expect((await get(`${group.url}/metrics`)).status).toBe(404)
    group.signal('SIGTERM')
    expect((await group.finished).code).toBe(0)
  })

  it('that is in use stops the start with one line', async () => {
    const port = await freePort()
    const first = await startServiceProcess({ ...env, HOST: '127.0.0.1', METRICS_PORT: String(port) })
    for (const PREFORK of ['false', '2']) {
      const second = { ...TEST_ENVIRONMENT, ...env, HOST: '127.0.0.1', METRICS_PORT: String(port), PREFORK }
      const { code, stderr } = await startProgram('main.js', [], second).finished
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `Port ${port} is in use. Stop the program that listens there, or set METRICS_PORT to another port.\n`,
      })
    }
    first.kill('SIGTERM')
    await first.finished
  })
})
