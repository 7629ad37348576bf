import { afterEach, describe, expect, it } from 'vitest'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
const start = async (env: Record<string, string> = {}) => (service = await startService(env))
afterEach(() => service.stop())

const TOKEN = 'test-metrics-token-0123456789abcdef01234567'

const get = (path: string, authorization?: string) =>
  fetch(service.url + path, { headers: authorization === undefined ? {} : { authorization } })

/** Returns the value of a sample, and 0 for one that is missing. */
async function read() {
  const text = await (await get('/metrics')).text()
  const samples = new Map(
    [...text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  )
  return (name: string) => samples.get(name) ?? 0
}

describe('access to the metrics', () => {
  it.each(['/metrics', '/metrics/health'])('needs no token in development: %s', async (path) => {
    await start()
    expect((await get(path)).status).toBe(200)
  })

  it.each(['/metrics', '/metrics/health'])('is denied in production without METRICS_TOKEN: %s', async (path) => {
    await start({ NODE_ENV: 'production' })
    expect((await get(path)).status).toBe(404)
  })

  it.each(['development', 'production'])('needs METRICS_TOKEN if there is one, in %s', async (environment) => {
    await start({ NODE_ENV: environment, METRICS_TOKEN: TOKEN })
    for (const path of ['/metrics', '/metrics/health']) {
      for (const wrong of [
        undefined,
        '',
        'Bearer',
        TOKEN,
        `Basic ${TOKEN}`,
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN.slice(1)}`,
      ]) {
        const response = await get(path, wrong)
        expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
        expect(await response.text()).not.toContain('api_requests_total')
      }
      expect((await get(path, `Bearer ${TOKEN}`)).status).toBe(200)
    }
  })
})

describe('the metrics', () => {
  it('count requests and errors by operation, with one label for all combinations', async () => {
    await start()
    const { token } = await service.signUp()
    const before = await read()
    const query = (text: string) => service.graphql(text, {}, token)
    await query('{ hidden: profile { id } }')
    await query('{ profile { id } sessions { id } }')
    await query('{ sessions { id } profile { id } }')
    await query('{ nothing }')
    await service.graphql('{ profile { id } }')
    const after = await read()
    const added = (name: string) => after(name) - before(name)
    expect(added('api_requests_total{operation="profile"}')).toBe(2)
    expect(added('api_request_duration_seconds_count{operation="profile"}')).toBe(2)
    expect(added('api_request_duration_seconds_bucket{le="+Inf",operation="profile"}')).toBe(2)
    expect(added('api_requests_total{operation="several"}')).toBe(2)
    expect(added('api_requests_total{operation="none"}')).toBe(1)
    expect(added('api_errors_total{operation="profile",code="UNAUTHENTICATED"}')).toBe(1)
    expect(await (await get('/metrics')).text()).toContain(
      '\napi_errors_total{operation="profile",code="INTERNAL_SERVER_ERROR"} 0\n',
    )
    expect(added('api_errors_total{operation="none",code="GRAPHQL_VALIDATION_FAILED"}')).toBe(1)
  })

  it('count registrations, logins, refreshes and validations by result', async () => {
    await start({ REFRESH_GRACE: '0' })
    const user = await service.signUp()
    await service.graphql('mutation ($input: LoginInput!) { login(input: $input) { token } }', {
      input: { email: user.email, password: 'not the password' },
    })
    const refresh = (token: string) =>
      service.graphql('mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }', { token })
    await refresh(user.refreshToken)
    await refresh(user.refreshToken)
    await refresh('wrong')
    await service.graphql('{ profile { id } }', {}, 'wrong')
    const value = await read()
    expect(value('auth_registrations_total{result="success"}')).toBe(1)
    expect(value('auth_logins_total{result="success"}')).toBe(1)
    expect(value('auth_logins_total{result="refused"}')).toBe(1)
    expect(value('auth_logins_total{result="failed"}')).toBe(0)
    expect(value('auth_refreshes_total{result="success"}')).toBe(1)
    expect(value('auth_refreshes_total{result="reused"}')).toBe(1)
    expect(value('auth_refreshes_total{result="refused"}')).toBe(1)
    expect(value('auth_token_validations_total{result="refused"}')).toBe(1)
  })

  it('count the logins that a lock-out refuses apart', async () => {
    await start({ RATE_LIMIT_LOGIN: '2/900' })
    const { email } = await service.signUp()
    for (let attempt = 1; attempt <= 3; attempt++)
      await service.graphql('mutation ($input: LoginInput!) { login(input: $input) { token } }', {
        input: { email, password: 'not the password' },
      })
    const value = await read()
    expect(value('auth_logins_total{result="refused"}')).toBe(2)
    expect(value('auth_logins_total{result="locked"}')).toBe(1)
  })

  it('have the number of active sessions, and the connections of each pool', async () => {
    await start()
    await until('the sessions are counted', async () =>
      (await (await get('/metrics')).text()).includes('\nauth_active_sessions '),
    )
    const value = await read()
    expect(value('auth_active_sessions')).toBe(0)
    const text = await (await get('/metrics')).text()
    for (const pool of ['prisma', 'mysql', 'updates', 'transactions', 'usernames'])
      for (const state of ['in_use', 'idle', 'waiting'])
        expect(text).toMatch(
          new RegExp(`^postern_database_pool_connections\\{pool="${pool}",state="${state}"\\} \\d+$`, 'm'),
        )
    expect(value('postern_database_pool_connections{pool="mysql",state="idle"}')).toBeGreaterThan(0)
  })

  it('have a summary for people', async () => {
    await start()
    await service.isAvailable('ada')
    // Requests are counted at the end of the turn that answers them.
    const summary = await until('the check is counted', async () => {
      const read = (await (await get('/metrics/health')).json()) as { hitRatio: number | null }
      return read.hitRatio === null ? null : read
    })
    expect(summary).toEqual({
      ...{ seconds: expect.any(Number), requestsPerSecond: expect.any(Number), errorRatio: 0, hitRatio: 0 },
      ...{ p50Milliseconds: expect.any(Number), p95Milliseconds: expect.any(Number) },
    })
  })
})
