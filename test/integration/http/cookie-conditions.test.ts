import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LOGIN, type Account } from '../../support/client.js'
import { ACCESS, page, send, signInFrom } from '../../support/cookies.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'

const LISTED = page('https://app.example.com')
const FOREIGN = page('https://evil.example')
const PROFILE = '{ profile { id } }'
const REFRESH_TOKEN = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken expiresAt } }'

let service: Service
let strict: Instance
let account: Account

beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: 'https://app.example.com' })
  const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  strict = await startInstance({ ...shared, COOKIES: 'true', TRUST_PROXY: '127.0.0.1' })
})
afterAll(async () => {
  await strict.stop()
  await service.stop()
})
beforeEach(async () => {
  account = await service.register()
})

const sessionsOf = async ({ id }: Account) =>
  service.database.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = ?', [id])

describe('a Bearer header', () => {
  it('leaves the cookies of another session when its own session logs out', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const { token } = await service.login(account)
    const headers = { ...LISTED, cookie, authorization: `Bearer ${token}` }
    expect((await send(service.url, 'mutation { logout }', { headers })).setCookie).toEqual([])
    expect((await send(service.url, PROFILE, { headers: { ...LISTED, cookie } })).data).toEqual({
      profile: { id: account.id },
    })
  })

  it('takes precedence over a cookie', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const other = await service.signUp()
    const headers = { ...LISTED, cookie, authorization: `Bearer ${other.token}` }
    expect((await send(service.url, PROFILE, { headers })).data).toEqual({ profile: { id: other.id } })
  })

  it.each(['Bearer', 'bearer  ', 'Bearer a.b.c', 'Bearer a b'])(
    'takes precedence even if it is invalid: "%s"',
    async (authorization) => {
      const { cookie } = await signInFrom(service.url, LISTED, account)
      const headers = { ...LISTED, cookie, authorization }
      expect((await send(service.url, PROFILE, { headers })).code).toBe('UNAUTHENTICATED')
    },
  )

  it('is not every Authorization header: a proxy may require its own password', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const headers = { ...LISTED, cookie, authorization: 'Basic c3RhZ2luZzpzdGFnaW5n' }
    expect((await send(service.url, PROFILE, { headers })).data).toEqual({ profile: { id: account.id } })
  })

  it('works from every origin, with or without cookies', async () => {
    const { token } = await service.login(account)
    for (const headers of [{}, FOREIGN, LISTED]) {
      const answer = await send(strict.url, PROFILE, { headers: { ...headers, authorization: `Bearer ${token}` } })
      expect(answer.data).toEqual({ profile: { id: account.id } })
    }
    const out = await send(strict.url, 'mutation { logout }', { headers: { authorization: `Bearer ${token}` } })
    expect(out).toMatchObject({ data: { logout: true }, setCookie: [] })
  })
})

describe('a cookie', () => {
  const own = () => ({ 'x-postern-cookies': '1', origin: service.url })

  it.each<[string, () => Record<string, string>]>([
    ['from a foreign origin', () => FOREIGN],
    ['from the origin "null"', () => page('null')],
    ['from an origin that starts like a listed one', () => page('https://app.example.com.evil.example')],
    ['from its own host on another port', () => page('http://127.0.0.1:1')],
    [
      'from the own host without TLS, which is not this machine',
      () => ({ ...page('http://auth.example.com'), host: 'auth.example.com' }),
    ],
    ['from two origins', () => page('https://app.example.com, https://evil.example')],
    ['without the custom header', () => ({ origin: 'https://app.example.com' })],
    ['with another value in the custom header', () => ({ ...LISTED, 'x-postern-cookies': 'true' })],
    ['without an origin', () => ({ 'x-postern-cookies': '1' })],
    [
      'without an origin, by a POST of the own origin',
      () => ({ 'x-postern-cookies': '1', 'sec-fetch-site': 'same-origin' }),
    ],
    ['of a page that the browser calls cross-site', () => ({ ...LISTED, 'sec-fetch-site': 'cross-site' })],
  ])('signs no user in %s', async (_, headers) => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    for (const { url } of [service, strict])
      expect((await send(url, PROFILE, { headers: { ...headers(), cookie } })).code).toBe('UNAUTHENTICATED')
  })

  it('signs in from its own origin', async () => {
    const { cookie } = await signInFrom(service.url, own(), account)
    expect((await send(service.url, PROFILE, { headers: { ...own(), cookie } })).data).not.toBeNull()
  })

  it('signs in from its own host behind a proxy that ends TLS', async () => {
    const headers = { ...page('https://auth.example.com'), host: 'Auth.Example.com:443' }
    const { cookie } = await signInFrom(service.url, headers, account)
    expect((await send(service.url, PROFILE, { headers: { ...headers, cookie } })).data).not.toBeNull()
  })

  it('signs in from the host that a trusted proxy names, but not from one that an untrusted client names', async () => {
    const headers = { ...page('https://auth.example.com'), 'x-forwarded-host': 'auth.example.com' }
    const { cookie } = await signInFrom(strict.url, headers, account)
    expect((await send(strict.url, PROFILE, { headers: { ...headers, cookie } })).code).toBeUndefined()
    expect((await send(service.url, PROFILE, { headers: { ...headers, cookie } })).code).toBe('UNAUTHENTICATED')
  })

  it.each<[string, (access: string, refresh: string) => string]>([
    ['it comes twice', (access) => `${ACCESS}=${access}; ${ACCESS}=${access}`],
    ['it comes twice, once empty', (access) => `${ACCESS}=; ${ACCESS}=${access}`],
    ['it is quoted', (access) => `${ACCESS}="${access}"`],
    ['a space stands before its value', (access) => `${ACCESS}= ${access}`],
    ['a space stands after its value', (access) => `${ACCESS}=${access} ; a=b`],
    ['a space stands after its name', (access) => `${ACCESS} =${access}`],
    ['two spaces stand before its name', (access) => `a=b;  ${ACCESS}=${access}`],
    ['it is percent-encoded', (access) => `${ACCESS}=${access.replaceAll('.', '%2E')}`],
    ['its name is in another case', (access) => `${ACCESS.toLowerCase()}=${access}`],
    ['it is too long', (access) => `${ACCESS}=${access}${'a'.repeat(4096)}`],
    ['it is empty', () => `${ACCESS}=`],
    ['it holds the refresh token', (_, refresh) => `${ACCESS}=${refresh}`],
  ])('is ignored when %s', async (_, cookie) => {
    const { access, refresh } = await signInFrom(service.url, LISTED, account)
    const answer = await send(service.url, PROFILE, { headers: { ...LISTED, cookie: cookie(access, refresh) } })
    expect(answer).toMatchObject({ status: 200, code: 'UNAUTHENTICATED' })
  })

  it('is found among other cookies', async () => {
    const { access } = await signInFrom(service.url, LISTED, account)
    const cookie = `theme=dark;${ACCESS}=${access}; x${ACCESS}=no; broken; =; ads="a;b"`
    expect((await send(service.url, PROFILE, { headers: { ...LISTED, cookie } })).code).toBeUndefined()
  })
})

describe('a GET', () => {
  const get = (headers: Record<string, string>) => send(service.url, PROFILE, { method: 'GET', headers })

  it('from a listed origin needs the custom header as well', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    expect((await get({ ...LISTED, cookie })).data).toEqual({ profile: { id: account.id } })
    expect((await get({ origin: LISTED['origin'] ?? '', cookie })).code).toBe('UNAUTHENTICATED')
    expect((await get({ ...FOREIGN, cookie })).code).toBe('UNAUTHENTICATED')
  })

  it('of a page to its own origin has no Origin, but a Sec-Fetch-Site that no script can set', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const headers = { 'x-postern-cookies': '1', cookie }
    expect((await get({ ...headers, 'sec-fetch-site': 'same-origin' })).data).toEqual({ profile: { id: account.id } })
    expect((await get({ cookie, 'sec-fetch-site': 'same-origin' })).code).toBe('UNAUTHENTICATED')
    for (const site of ['same-site', 'cross-site', 'none'])
      expect((await get({ ...headers, 'sec-fetch-site': site })).code).toBe('UNAUTHENTICATED')
    expect((await get(headers)).code).toBe('UNAUTHENTICATED')
  })
})

describe('signing in', () => {
  const variables = () => ({ input: { email: account.email, password: account.password } })

  it('returns tokens in the body and sets no cookie unless the request asks for cookies', async () => {
    const { data, setCookie } = await send(service.url, LOGIN, {
      headers: { origin: 'https://app.example.com' },
      variables: variables(),
    })
    expect(data?.['login'].token).toMatch(/^ey/)
    expect(setCookie).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['a foreign origin', FOREIGN],
    ['no origin', { 'x-postern-cookies': '1' }],
    ['a page on another site', { ...LISTED, 'sec-fetch-site': 'cross-site' }],
  ])(
    'with x-postern-cookies from %s is FORBIDDEN, rather than answered with tokens for scripts',
    async (_, headers) => {
      const answer = await send(service.url, LOGIN, { headers, variables: variables() })
      expect(answer).toMatchObject({ code: 'FORBIDDEN', setCookie: [] })
      expect(await sessionsOf(account)).toEqual([])
    },
  )

  it('uses only cookies if COOKIES=true', async () => {
    const own = page(strict.url)
    const { data, cookie } = await signInFrom(strict.url, own, account)
    expect(data?.['login']).toMatchObject({ token: '', refreshToken: '' })
    expect((await send(strict.url, PROFILE, { headers: { ...own, cookie } })).code).toBeUndefined()
  })

  it.each<[string, () => Record<string, string>]>([
    ['without the custom header', () => ({ origin: strict.url })],
    ['without an origin', () => ({})],
    ['from a foreign origin', () => FOREIGN],
  ])('is FORBIDDEN where COOKIES=true %s', async (_, headers) => {
    const answer = await send(strict.url, LOGIN, { headers: headers(), variables: variables() })
    expect(answer).toMatchObject({ code: 'FORBIDDEN', setCookie: [] })
    expect(await sessionsOf(account)).toEqual([])
    const { refreshToken } = await service.login(account)
    const refreshed = await send(strict.url, REFRESH_TOKEN, { headers: headers(), variables: { token: refreshToken } })
    expect(refreshed).toMatchObject({ code: 'FORBIDDEN', setCookie: [] })
  })
})
