import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LOGIN, type Account } from '../../support/client.js'
import { ACCESS, page, REFRESH, send, signInFrom } from '../../support/cookies.js'
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

describe('a login from a listed origin with x-postern-cookies', () => {
  it('sets cookies that no script, other host or other site gets, and returns empty tokens', async () => {
    const { data, setCookie } = await signInFrom(service.url, LISTED, account)
    expect(data?.login).toMatchObject({ token: '', refreshToken: '', userId: account.id, user: { id: account.id } })
    const ages = setCookie.map((line) => Number(/Max-Age=(\d+)/.exec(line)?.[1]))
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Strict'
    expect(setCookie.map((line) => line.replace(/=[\w.-]{40,}/, '=…'))).toEqual([
      `${ACCESS}=…; Max-Age=${ages[0]}; ${attributes}`,
      `${REFRESH}=…; Max-Age=${ages[1]}; ${attributes}`,
    ])
    const [access = 0, refresh = 0] = ages
    expect(access).toBeGreaterThan(890)
    expect(access).toBeLessThanOrEqual(900)
    expect(refresh).toBeGreaterThan(30 * 86_400 - 10)
    expect(refresh).toBeLessThanOrEqual(30 * 86_400)
  })

  it('signs the page in', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const { data } = await send(service.url, PROFILE, { headers: { ...LISTED, cookie } })
    expect(data).toEqual({ profile: { id: account.id } })
  })

  it('lets only that page read the response', async () => {
    const { headers } = await signInFrom(service.url, LISTED, account)
    expect(headers['access-control-allow-origin']).toBe('https://app.example.com')
    expect(headers['access-control-allow-credentials']).toBe('true')
    expect(headers['vary']).toMatch(/\bOrigin\b/)
    const other = await send(service.url, PROFILE, { headers: FOREIGN })
    expect(other.headers['access-control-allow-origin']).toBeUndefined()
    expect(other.headers['access-control-allow-credentials']).toBeUndefined()
    expect(other.headers['vary']).toMatch(/\bOrigin\b/)
  })

  it('is preceded by a preflight that allows the header', async () => {
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-postern-cookies' }
    const preflight = async (origin: string) =>
      (await fetch(`${service.url}/graphql`, { method: 'OPTIONS', headers: { origin, ...asked } })).headers
    const listed = await preflight('https://app.example.com')
    expect(listed.get('access-control-allow-headers')).toContain('x-postern-cookies')
    expect(listed.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(listed.get('access-control-allow-credentials')).toBe('true')
    const foreign = await preflight('https://evil.example')
    expect(foreign.get('access-control-allow-origin')).toBeNull()
  })
})

describe('refreshToken', () => {
  it('reads the cookie if its argument is empty, and sets new ones', async () => {
    const { cookie, refresh } = await signInFrom(service.url, LISTED, account)
    const answer = await send(service.url, REFRESH_TOKEN, { headers: { ...LISTED, cookie }, variables: { token: '' } })
    expect(answer.data?.refreshToken).toMatchObject({ token: '', refreshToken: '' })
    expect(answer.cookies.get(REFRESH)).not.toBe(refresh)
    const renewed = { ...LISTED, cookie: `${ACCESS}=${answer.cookies.get(ACCESS)}` }
    expect((await send(service.url, PROFILE, { headers: renewed })).data).toEqual({ profile: { id: account.id } })
  })

  it('prefers its argument to the cookie, so that a page can move its token into one', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const { refreshToken } = await service.login(account)
    const variables = { token: refreshToken }
    const answer = await send(service.url, REFRESH_TOKEN, { headers: { ...LISTED, cookie }, variables })
    expect(answer.data?.refreshToken).toMatchObject({ token: '', refreshToken: '' })
    expect(answer.cookies.get(REFRESH)?.split('.')[0]).toBe(refreshToken.split('.')[0])
  })

  it.each([
    ['a foreign origin', FOREIGN, 'FORBIDDEN'],
    ['a listed origin without the header', { origin: LISTED['origin'] ?? '' }, 'UNAUTHENTICATED'],
    ['no origin', { 'x-postern-cookies': '1' }, 'FORBIDDEN'],
  ])('neither reads nor writes cookies for %s', async (_, headers, code) => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const answer = await send(service.url, REFRESH_TOKEN, { headers: { ...headers, cookie }, variables: { token: '' } })
    expect(answer).toMatchObject({ code, setCookie: [] })
    // The refresh token was not used.
    const again = await send(service.url, REFRESH_TOKEN, { headers: { ...LISTED, cookie }, variables: { token: '' } })
    expect(again.code).toBeUndefined()
  })

  it('is UNAUTHENTICATED for a page without cookies, and sets none', async () => {
    const answer = await send(service.url, REFRESH_TOKEN, { headers: LISTED, variables: { token: '' } })
    expect(answer).toMatchObject({ code: 'UNAUTHENTICATED', setCookie: [] })
  })
})

describe('an operation that ends the session', () => {
  const PASSWORDS = '{ oldPassword: "correct horse", newPassword: "wrong horse!", confirmNewPassword: "wrong horse!" }'

  it.each(['logout', 'logoutAll', `changePassword(input: ${PASSWORDS})`, 'deleteAccount(password: "correct horse")'])(
    'clears the cookies: %s',
    async (field) => {
      const { cookie } = await signInFrom(service.url, LISTED, account)
      const { code, setCookie } = await send(service.url, `mutation { ${field} }`, { headers: { ...LISTED, cookie } })
      expect(code).toBeUndefined()
      expect(setCookie).toEqual([
        `${ACCESS}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
        `${REFRESH}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
      ])
      expect((await send(service.url, PROFILE, { headers: { ...LISTED, cookie } })).code).toBe('UNAUTHENTICATED')
    },
  )

  it('clears the cookies when a page revokes its own session, and only then', async () => {
    const { cookie, access } = await signInFrom(service.url, LISTED, account)
    const claims = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
    const other = (await service.login(account)).refreshToken.split('.')[0]
    const revoke = (id: string | undefined) =>
      send(service.url, 'mutation ($id: ID!) { revokeSession(id: $id) }', {
        headers: { ...LISTED, cookie },
        variables: { id },
      })
    expect(await revoke(other)).toMatchObject({ data: { revokeSession: true }, setCookie: [] })
    const { data, setCookie } = await revoke(claims.sid)
    expect(data).toEqual({ revokeSession: true })
    expect(setCookie).toEqual([
      `${ACCESS}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
      `${REFRESH}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ])
  })

  it('leaves the cookies as they are if it fails', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const wrong = 'mutation { deleteAccount(password: "not the password") }'
    expect(await send(service.url, wrong, { headers: { ...LISTED, cookie } })).toMatchObject({
      code: 'INVALID_INPUT',
      setCookie: [],
    })
  })

  it('sets each cookie once when a request signs in and out again', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const both = `mutation ($input: LoginInput!) { login(input: $input) { userId } logout }`
    const variables = { input: { email: account.email, password: account.password } }
    const { setCookie } = await send(service.url, both, { headers: { ...LISTED, cookie }, variables })
    expect(setCookie).toHaveLength(2)
    expect(setCookie.every((line) => line.includes('Max-Age=0'))).toBe(true)
  })
})

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
  ])('signs nobody in %s', async (_, headers) => {
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
