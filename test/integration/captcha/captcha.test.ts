import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startCaptchaProvider, type CaptchaProvider } from '../../support/captcha-provider.js'
import { type Account, LOGIN, REGISTER, unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { type Instance, type LogLine, startInstance } from '../../support/service.js'
import { until } from '../../support/wait.js'

let provider: CaptchaProvider
let database: TestDatabase
let redis: RedisServer
let service: Instance
let open: Instance
let account: Account
const lines: LogLine[] = []

beforeAll(async () => {
  ;[provider, database, redis] = await Promise.all([startCaptchaProvider(), createTestDatabase(), startRedis()])
  const urls = { DATABASE_URL: database.url, REDIS_URL: redis.url, RATE_LIMIT_LOGIN: '5/60', LOG_LEVEL: 'debug' }
  service = await startInstance({ ...urls, ...provider.env }, { onLine: (line) => lines.push(line) })
  open = await startInstance(urls)
  account = await open.register()
})
afterEach(async () => {
  provider.become('up')
  await until('the breaker is closed', () => service.app.breakers().every(({ state }) => state === 'closed'))
})
afterAll(async () => {
  await Promise.all([service.stop(), open.stop()])
  await Promise.all([provider.stop(), database.drop(), redis.stop()])
})

const login = (captchaToken?: string | null, more: object = {}, on = service) =>
  on.graphql(LOGIN, { input: { email: account.email, password: account.password, captchaToken, ...more } })

const register = (captchaToken?: string | null, more: object = {}) =>
  service.graphql(REGISTER, {
    input: { email: `${unique()}@example.com`, password: 'correct horse', captchaToken, ...more },
  })

const metric = async (pattern: string, on = service) =>
  Number(new RegExp(`^${pattern} (\\d+)$`, 'm').exec(await (await fetch(`${on.url}/metrics`)).text())?.[1])
const hashes = () => metric('postern_password_hash_duration_seconds_count')

async function captchas() {
  const count = (result: string) => metric(`auth_captchas_total\\{result="${result}"\\}`)
  const [passed, missing, refused, failed] = [count('passed'), count('missing'), count('refused'), count('failed')]
  return { passed: await passed, missing: await missing, refused: await refused, failed: await failed }
}

describe('with a captcha', () => {
  it('register and login require the token of a solved one, which works once', async () => {
    for (const operation of [login, register])
      for (const missing of [undefined, null, '']) {
        const answer = await operation(missing)
        expect(answer).toMatchObject({ status: 200, code: 'CAPTCHA_REQUIRED' })
        expect(answer.errors[0]?.extensions.fields).toMatchObject([{ path: 'captchaToken', code: 'CAPTCHA_REQUIRED' }])
      }
    const before = await captchas()
    const [first, second] = [provider.solve(), provider.solve()]
    expect((await register(first)).errors).toEqual([])
    expect((await login(second)).errors).toEqual([])
    for (const used of [first, second, 'made up', 'x'.repeat(9000)])
      expect((await login(used)).code).toBe('CAPTCHA_INVALID')
    await login(null)
    expect(await captchas()).toEqual({
      ...{ passed: before.passed + 2, missing: before.missing + 1, refused: before.refused + 4, failed: before.failed },
    })
  })

  it('the provider gets nothing that is no token, so that no client can provoke its firewall', async () => {
    const before = provider.calls.length
    for (const text of ["' OR 1=1 --", '<script>', '../../etc/passwd?', 'a b', '\u{1f600}', '\ud800', 'x'.repeat(9000)])
      expect((await login(text)).code).toBe('CAPTCHA_INVALID')
    expect(provider.calls.length).toBe(before)
  })

  it('each alias needs a token of its own', async () => {
    const query = `mutation ($input: LoginInput!) { ${[1, 2].map((n) => `a${n}: login(input: $input) { userId }`).join(' ')} }`
    const { email, password } = account
    const answer = await service.graphql(query, { input: { email, password, captchaToken: provider.solve() } })
    expect(answer.code).toBe('CAPTCHA_INVALID')
    expect(answer.errors[0]?.path).toEqual(['a2'])
  })

  it('nothing is hashed, counted or revealed without one', async () => {
    const before = await hashes()
    for (let n = 0; n < 10; n++) {
      expect((await login(n % 2 ? 'made up' : null, { password: 'wrong' })).code).toMatch(/^CAPTCHA_/)
      expect((await login('made up', { email: 'nobody@example.com' })).code).toBe('CAPTCHA_INVALID')
    }
    const taken = await register('made up', { email: account.email, password: '' })
    expect(taken.errors[0]?.extensions.fields?.map(({ path }) => path)).toEqual(['captchaToken'])
    expect(await hashes()).toBe(before)
    expect((await login(provider.solve())).errors).toEqual([])
  })

  it('a solved one does not lift the lock of an account', async () => {
    const other = await open.register()
    for (let n = 0; n < 5; n++)
      expect((await login(provider.solve(), { email: other.email, password: 'wrong' })).code).toBe('UNAUTHENTICATED')
    expect((await login(provider.solve(), { email: other.email })).code).toBe('RATE_LIMITED')
  })

  it('the provider gets the secret and the token, and neither is logged', async () => {
    const token = provider.solve()
    await login(token, { password: 'wrong' })
    await login(token)
    const sent = provider.calls.map(({ body }) => body)
    expect(sent.at(-1)).toBe(`secret=${provider.env.CAPTCHA_SECRET}&response=${token}`)
    const log = JSON.stringify(lines)
    expect(lines.length).toBeGreaterThan(10)
    expect(log).not.toContain(token)
    expect(log).not.toContain(provider.env.CAPTCHA_SECRET)
  })

  it('the policy names it, for forms', async () => {
    const query = '{ policy { captcha { siteKey scriptUrl } } }'
    expect((await service.succeed(query)).policy.captcha).toEqual({
      siteKey: 'site-key',
      scriptUrl: provider.env.CAPTCHA_SCRIPT_URL,
    })
    expect((await open.succeed(query)).policy.captcha).toBeNull()
    expect((await login('anything', {}, open)).errors).toEqual([])
  })
})

describe('a captcha on another page', () => {
  it.each([
    ['app.example.com,www.example.com', undefined],
    ['www.example.com', 'CAPTCHA_INVALID'],
  ])('CAPTCHA_HOSTNAMES=%s', async (CAPTCHA_HOSTNAMES, code) => {
    const urls = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    const strict = await startInstance({ ...urls, ...provider.env, CAPTCHA_HOSTNAMES })
    expect((await login(provider.solve(), {}, strict)).code).toBe(code)
    await strict.stop()
  })
})

describe('while the provider does not answer', () => {
  it.each(['broken', 'endless', 'redirecting', 'undecided'] as const)(
    'no one signs in, and its breaker opens: %s',
    async (mode) => {
      provider.become(mode)
      const refusals = () => metric('circuit_breaker_events_total\\{name="captcha",event="refused"\\}')
      const before = await refusals()
      await until('the breaker is open', async () => {
        expect(await login(provider.solve())).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
        return (await refusals()) > before
      })
      provider.become('up')
      await until('it answers again', async () => (await login(provider.solve())).code === undefined)
    },
  )

  it('a login waits for it for three seconds', async () => {
    provider.become('hanging')
    const began = performance.now()
    const answer = await login(provider.solve())
    expect(answer).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
    expect(performance.now() - began).toBeGreaterThan(2900)
  })

  it('tokens that it refuses, and a wrong secret, open no breaker', async () => {
    for (let n = 0; n < 10; n++) expect((await login('made up')).code).toBe('CAPTCHA_INVALID')
    const urls = { DATABASE_URL: database.url, REDIS_URL: redis.url }
    const misled = await startInstance(
      { ...urls, ...provider.env, CAPTCHA_SECRET: 'wrong', LOG_LEVEL: 'warn' },
      { onLine: (line) => lines.push(line) },
    )
    for (let n = 0; n < 6; n++)
      expect(await login(provider.solve(), {}, misled)).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
    expect(JSON.stringify(lines.at(-1))).toContain('the captcha provider refuses CAPTCHA_SECRET')
    expect(misled.app.breakers().every(({ state }) => state === 'closed')).toBe(true)
    await misled.stop()
  })
})
