import { describe, expect, it } from 'vitest'
import { REGISTER, unique } from '../../support/client.js'
import { eachWithInstances } from '../../support/limited-instances.js'
import { startRedis } from '../../support/redis-server.js'
import type { Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }'

/** With the limits of production, behind the proxy 127.0.0.1 that names the client. */
const { start } = eachWithInstances({
  ...{ HOST: '127.0.0.1', NODE_ENV: 'production', TRUST_PROXY: '127.0.0.1' },
})

const newAccount = () => ({ email: `${unique()}@example.com`, username: unique(), password: 'correct horse' })

async function call({ url }: Instance, address: string, query: string, variables: object) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
    body: JSON.stringify({ query, variables }),
  })
  const { errors = [] } = (await response.json()) as {
    errors?: { extensions: { code: string; retryAfter?: number } }[]
  }
  const [first] = errors
  return { status: response.status, header: response.headers.get('retry-after'), ...first?.extensions }
}

const register = (service: Instance, address: string) => call(service, address, REGISTER, { input: newAccount() })

const codesOf = (answers: { code?: string | undefined }[]) => answers.map(({ code }) => code)

describe('the limits of calls in production', () => {
  it('let exactly four of 40 parallel registrations from one address through, over two instances', async () => {
    const both = await Promise.all([start(), start()])
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => register(both[n % 2]!, '203.0.113.7')))
    expect(codesOf(answers).filter((code) => code === undefined)).toHaveLength(4)
    const refused = answers.filter(({ code }) => code === 'RATE_LIMITED')
    expect(refused).toHaveLength(36)
    for (const { status, header, retryAfter } of refused) {
      expect(status).toBe(200)
      expect(header).toBe(String(retryAfter))
      expect(retryAfter).toBeGreaterThan(3500)
      expect(retryAfter).toBeLessThanOrEqual(3600)
    }
    expect((await register(both[0], '203.0.113.8')).code).toBeUndefined()
  })

  it('count the addresses of one IPv6 network together', async () => {
    const service = await start()
    for (const end of [1, 2, 3, 4]) expect((await register(service, `2001:db8:0:1::${end}`)).code).toBeUndefined()
    expect((await register(service, '2001:db8:0:1::5')).code).toBe('RATE_LIMITED')
    expect((await register(service, '2001:db8:0:2::5')).code).toBeUndefined()
  })

  it('count each alias, and calls with an invalid input', async () => {
    const service = await start()
    const fields = [1, 2, 3, 4, 5].map((n) => `a${n}: updateProfile(input: {}) { id }`)
    const user = await service.signUp()
    for (let n = 0; n < 2; n++)
      expect((await service.graphql(`mutation { ${fields.join(' ')} }`, {}, user.token)).errors).toEqual([])
    expect((await service.graphql(UPDATE, { input: {} }, user.token)).code).toBe('RATE_LIMITED')

    const invalid = { input: { ...newAccount(), password: '' } }
    for (let n = 0; n < 4; n++)
      expect((await call(service, '198.51.100.1', REGISTER, invalid)).code).toBe('INVALID_INPUT')
    expect((await call(service, '198.51.100.1', REGISTER, invalid)).code).toBe('RATE_LIMITED')
  })

  it('are per user for the profile, the passwords and the deletion of the account', async () => {
    const service = await start({ RATE_LIMIT_REGISTER: '0' })
    const [user, other] = [await service.signUp(), await service.signUp()]
    const change = 'input: { oldPassword: "wrong", newPassword: "another horse", confirmNewPassword: "another horse" }'
    for (const [limit, query] of [
      [10, 'mutation { updateProfile(input: {}) { id } }'],
      [3, `mutation { updatePassword(${change}) { token } }`],
      [3, `mutation { changePassword(${change}) }`],
      [5, 'mutation { deleteAccount(password: "wrong") }'],
    ] as const) {
      const answers = []
      for (let n = 0; n <= limit; n++) answers.push((await service.graphql(query, {}, user.token)).code)
      expect(
        answers.filter((code) => code === 'RATE_LIMITED'),
        query,
      ).toHaveLength(1)
      expect(answers.at(-1)).toBe('RATE_LIMITED')
      expect((await service.graphql(query, {}, other.token)).code).not.toBe('RATE_LIMITED')
      expect((await service.graphql(query)).code).toBe('UNAUTHENTICATED')
    }
  })

  it('are per session for refreshing, and only genuine tokens count', async () => {
    const service = await start({ RATE_LIMIT_REFRESH_TOKEN: '2/3600' })
    const user = await service.signUp()
    for (let n = 0; n < 5; n++) {
      const forged = user.refreshToken.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBB' : 'AAAA'))
      expect((await service.graphql(REFRESH, { token: forged })).code).toBe('UNAUTHENTICATED')
    }
    let token = user.refreshToken
    for (let n = 0; n < 2; n++) token = (await service.succeed(REFRESH, { token })).refreshToken.refreshToken
    expect((await service.graphql(REFRESH, { token })).code).toBe('RATE_LIMITED')
    const { refreshToken } = await service.login(user)
    expect((await service.graphql(REFRESH, { token: refreshToken })).code).toBeUndefined()
  })

  it('are 60 in an hour for refreshing, 20 checks in a second and 3,000 operations in a minute by default', async () => {
    const service = await start({ RATE_LIMIT_REGISTER: '0' })
    const user = await service.signUp()
    let token = user.refreshToken
    for (let n = 0; n < 60; n++) token = (await service.succeed(REFRESH, { token })).refreshToken.refreshToken
    expect((await service.graphql(REFRESH, { token })).code).toBe('RATE_LIMITED')

    const checks = (count: number) =>
      `{ ${Array.from({ length: count }, (_, n) => `a${n}: checkUsernameAvailability(username: "x") { reason }`).join(' ')} }`
    expect(await service.graphql(checks(21))).toMatchObject({ status: 429, code: 'RATE_LIMITED' })
    await until('20 are allowed', async () => (await service.graphql(checks(20))).code === undefined)

    const fifty = `{ ${Array.from({ length: 50 }, (_, n) => `a${n}: policy { usernameHold }`).join(' ')} }`
    // A minute may begin between two of them.
    await until('the ceiling is reached', async () => {
      let allowed = 0
      while ((await call(service, '203.0.113.50', fifty, {})).code === undefined) allowed += 1
      expect(allowed).toBeLessThanOrEqual(120)
      return allowed === 60
    })
  })

  it('can be overridden, with several periods, and switched off', async () => {
    const service = await start({ RATE_LIMIT_REGISTER: '5/3600,2/60', RATE_LIMIT_UPDATE_PROFILE: '0' })
    const user = await service.signUp()
    for (let n = 0; n < 15; n++) expect((await service.graphql(UPDATE, { input: {} }, user.token)).code).toBeUndefined()
    for (let n = 0; n < 2; n++) expect((await register(service, '198.51.100.9')).code).toBeUndefined()
    const refused = await register(service, '198.51.100.9')
    expect(refused.code).toBe('RATE_LIMITED')
    expect(refused.retryAfter).toBeLessThanOrEqual(60)
  })

  it('are off in development, unless they are set', async () => {
    const service = await start({ NODE_ENV: 'development' })
    for (let n = 0; n < 6; n++) expect((await register(service, '198.51.100.2')).code).toBeUndefined()
    const limited = await start({ NODE_ENV: 'development', RATE_LIMIT_REGISTER: '1/60' })
    expect((await register(limited, '198.51.100.2')).code).toBeUndefined()
    expect((await register(limited, '198.51.100.2')).code).toBe('RATE_LIMITED')
  })

  it('hold in each process, by its part, after Redis was killed', async () => {
    const server = await startRedis()
    const service = await start({ REDIS_URL: server.url, INSTANCES: '2' })
    await server.stop()
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(service, '203.0.113.20')))
    expect(codesOf(answers).filter((code) => code === undefined)).toHaveLength(2)
    expect(codesOf(answers).filter((code) => code === 'RATE_LIMITED')).toHaveLength(18)
  })
})
