import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from '../../support/client.js'
import { ACCESS, DEVICE, page, REFRESH, send, signInFrom } from '../../support/cookies.js'
import { startService, type Service } from '../../support/service.js'

const LISTED = page('https://app.example.com')
const FOREIGN = page('https://evil.example')
const PROFILE = '{ profile { id } }'
const REFRESH_TOKEN = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken expiresAt } }'

let service: Service
let account: Account

beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: 'https://app.example.com' })
})
afterAll(() => service.stop())
beforeEach(async () => {
  account = await service.register()
})

describe('a login from a listed origin with x-postern-cookies', () => {
  it('sets cookies that no script, other host or other site gets, and returns empty tokens', async () => {
    const { data, setCookie } = await signInFrom(service.url, LISTED, account)
    expect(data?.login).toMatchObject({ token: '', refreshToken: '', userId: account.id, user: { id: account.id } })
    const ages = setCookie.map((line) => Number(/Max-Age=(\d+)/.exec(line)?.[1]))
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Strict'
    expect(setCookie.map((line) => line.replace(/=[\w.-]{40,}/, '=…'))).toEqual([
      `${ACCESS}=…; Max-Age=${ages[0]}; ${attributes}`,
      `${REFRESH}=…; Max-Age=${ages[1]}; ${attributes}`,
      `${DEVICE}=…; Max-Age=${400 * 86_400}; ${attributes}`,
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

  it('ends the session that the browser had, and no other one', async () => {
    const elsewhere = await service.login(account)
    const first = await signInFrom(service.url, LISTED, account)
    const headers = { ...LISTED, cookie: first.cookie }
    const wrong = await signInFrom(service.url, headers, { ...account, password: 'wrong password' })
    expect(wrong.code).toBe('UNAUTHENTICATED')
    const isActive = async (token: string) => (await service.graphql(PROFILE, {}, token)).code === undefined
    expect(await isActive(first.access)).toBe(true)

    const second = await signInFrom(service.url, headers, account)
    // The access cookie has expired: the refresh cookie names the session.
    const late = { ...LISTED, cookie: `${REFRESH}=${second.refresh}` }
    const third = await signInFrom(service.url, late, account)
    expect(await Promise.all([first, second, third].map(({ access }) => isActive(access)))).toEqual([
      false,
      false,
      true,
    ])
    expect(await isActive(elsewhere.token)).toBe(true)

    // Forged cookies end nothing.
    const forged = `${ACCESS}=${third.access.slice(0, -4)}AAAA; ${REFRESH}=${third.refresh.slice(0, -4)}AAAA`
    await signInFrom(service.url, { ...LISTED, cookie: forged }, account)
    expect(await isActive(third.access)).toBe(true)
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
      const cleared = field.startsWith('deleteAccount') ? [ACCESS, REFRESH, DEVICE] : [ACCESS, REFRESH]
      expect(setCookie).toEqual(cleared.map((name) => `${name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`))
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

  it('sets each cookie once when a request signs out and in again', async () => {
    const { cookie } = await signInFrom(service.url, LISTED, account)
    const both = `mutation ($input: LoginInput!) { logout login(input: $input) { userId } }`
    const variables = { input: { email: account.email, password: account.password } }
    const { setCookie } = await send(service.url, both, { headers: { ...LISTED, cookie }, variables })
    expect(setCookie.map((line) => line.split('=')[0])).toEqual([ACCESS, REFRESH, DEVICE])
    expect(setCookie.filter((line) => line.includes('Max-Age=0'))).toEqual([])
  })
})
