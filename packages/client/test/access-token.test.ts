import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Account } from '../../../test/support/client.js'
import type { Instance, Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { createClient, type Client, type SignOutReason } from '../src/index.js'
import { createDoor, startProxy, type Proxy } from './support/proxy.js'
import { signInAndExpire as signInThenExpire, startShortLived, type ShortLived } from './support/short-lived.js'

let instances: ShortLived
let service: Service
let proxy: Proxy
let client: Client
let account: Account

beforeAll(async () => {
  instances = await startShortLived()
  service = instances.service
})
afterAll(() => instances.stop())
beforeEach(async () => {
  proxy = await startProxy(service.url)
  client = createClient({ url: proxy.url })
  account = await service.register()
})
afterEach(() => proxy.close())

const signIn = () => client.login({ email: account.email, password: account.password })
const refreshes = () => proxy.of('refreshToken(').length
const userOf = async (token: string, { graphql }: Instance = service): Promise<string | undefined> =>
  (await graphql('{ profile { id } }', {}, token)).data?.['profile'].id

const signInAndExpire = (beside = instances) => signInThenExpire(beside, { client, account, proxy })

const refuse = (code: string) => ({ name: 'PosternError', code, message: expect.stringMatching(/^[A-Z].+\.$/) })

it('resolves to the token of the login while it is good for a while', async () => {
  await signIn()
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => client.getAccessToken()))
  expect(new Set(others)).toEqual(new Set([first]))
  expect(await userOf(first!)).toBe(account.id)
  expect(refreshes()).toBe(0)
})

it('refreshes once for 20 calls when the token has expired', async () => {
  const expired = await signInAndExpire()
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => client.getAccessToken()))
  expect(new Set(others)).toEqual(new Set([first]))
  expect(first).not.toBe(expired)
  expect(await userOf(first!)).toBe(account.id)
  expect(refreshes()).toBe(1)
})

it('shares the refresh with calls that wait for one', async () => {
  await signInAndExpire()
  const slow = createDoor()
  proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
  const profile = client.profile()
  await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
  const token = client.getAccessToken()
  slow.open()
  expect(await profile).toMatchObject({ id: account.id })
  expect(await userOf(await token)).toBe(account.id)
  expect(refreshes()).toBe(1)
})

it('rejects when signed out, before a login and after a logout, without a request', async () => {
  await expect(client.getAccessToken()).rejects.toMatchObject(refuse('UNAUTHENTICATED'))
  expect(proxy.calls).toEqual([])
  await signIn()
  await client.logout()
  await expect(client.getAccessToken()).rejects.toMatchObject(refuse('UNAUTHENTICATED'))
  expect(refreshes()).toBe(0)
})

it('rejects when a logout overtakes the refresh', async () => {
  await signInAndExpire()
  const slow = createDoor()
  proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
  const logout = client.logout()
  const token = client.getAccessToken()
  const outcome = expect(token).rejects.toMatchObject(refuse('UNAUTHENTICATED'))
  await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
  slow.open()
  await logout
  await outcome
})

const subject = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sub as string

it('never resolves to the token of another user who signs in during the call', async () => {
  await signInAndExpire()
  const other = await service.register()
  const slow = createDoor()
  proxy.onAnswer = () => slow.opened
  const before = client.getAccessToken()
  await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
  const login = client.login({ email: other.email, password: other.password })
  slow.open()
  expect(subject(await before)).toBe(account.id)
  await login
  expect(subject(await client.getAccessToken())).toBe(other.id)
})

it('rejects when it had to wait for the sign-in of another user', async () => {
  await signInAndExpire()
  const other = await service.register()
  const login = client.login({ email: other.email, password: other.password })
  await expect(client.getAccessToken()).rejects.toMatchObject(refuse('UNAUTHENTICATED'))
  await login
  expect(subject(await client.getAccessToken())).toBe(other.id)
  expect(refreshes()).toBe(0)
})

it('rejects when the session is over, and calls onSignOut', async () => {
  await signInAndExpire()
  const reasons: SignOutReason[] = []
  client.onSignOut((reason) => reasons.push(reason))
  await service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)
  await expect(client.getAccessToken()).rejects.toMatchObject(refuse('UNAUTHENTICATED'))
  expect(reasons).toEqual(['expired'])
  expect(refreshes()).toBe(1)
})

it('rejects during an outage once the token has expired, and recovers', async () => {
  await signInAndExpire()
  proxy.onCall = () => ({ status: 503 })
  await expect(client.getAccessToken()).rejects.toMatchObject(refuse('SERVICE_UNAVAILABLE'))
  proxy.onCall = () => undefined
  expect(await userOf(await client.getAccessToken())).toBe(account.id)
})

it('stops waiting for the refresh when its signal is aborted', async () => {
  await signInAndExpire()
  const slow = createDoor()
  proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
  const controller = new AbortController()
  const aborted = expect(client.getAccessToken({ signal: controller.signal })).rejects.toThrow('enough')
  await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
  controller.abort(new Error('enough'))
  await aborted
  slow.open()
  expect(await userOf(await client.getAccessToken())).toBe(account.id)
  expect(refreshes()).toBe(1)
})

it('rejects with cookies, where no script can read a token', async () => {
  const cookies = createClient({ url: proxy.url, cookies: true })
  await expect(cookies.getAccessToken()).rejects.toMatchObject(refuse('TOKEN_IN_COOKIE'))
  expect(proxy.calls).toEqual([])
})

it('knows when an opaque PASETO expires', async () => {
  const beside = await startShortLived({ TOKEN_FORMAT: 'paseto', PASETO_KEY: '70717273'.repeat(8) })
  try {
    account = await beside.service.register()
    const expired = await signInAndExpire(beside)
    expect(expired).toMatch(/^v4\.local\./)
    const tokens = await Promise.all([client.getAccessToken(), client.getAccessToken()])
    expect(tokens[0]).toBe(tokens[1])
    expect(await userOf(tokens[0], beside.service)).toBe(account.id)
    expect(await client.getAccessToken()).toBe(tokens[0])
    expect(refreshes()).toBe(1)
  } finally {
    await beside.stop()
  }
})
