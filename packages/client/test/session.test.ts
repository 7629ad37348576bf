import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient, type Client, type SignOutReason } from '../src/index.js'
import type { Account } from '../../../test/support/client.js'
import type { Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { createDoor, startProxy, type Proxy } from './support/proxy.js'
import {
  isRefused as isRefusedBy,
  sentTokens,
  signInAndExpire as signInThenExpire,
  startShortLived,
  type ShortLived,
} from './support/short-lived.js'

let instances: ShortLived
let service: Service
let proxy: Proxy
let client: Client
let account: Account
let signOuts: SignOutReason[]

beforeAll(async () => {
  instances = await startShortLived()
  service = instances.service
})
afterAll(() => instances.stop())
beforeEach(async () => {
  proxy = await startProxy(service.url)
  client = createClient({ url: proxy.url })
  account = await service.register()
  signOuts = []
  client.onSignOut((reason) => signOuts.push(reason))
})
afterEach(() => proxy.close())

const signIn = () => client.login({ email: account.email, password: account.password })

const tokens = () => sentTokens(proxy)
const isRefused = (token: string) => isRefusedBy(service, token)
const signInAndExpire = () => signInThenExpire(instances, { client, account, proxy })

describe('a signed-in client', () => {
  it('acts for the user until the logout', async () => {
    const input = { email: `new-${account.email}`, username: `n${account.username}`, password: account.password }
    expect(await client.register(input)).toEqual({
      id: expect.any(String),
      email: input.email,
      username: input.username,
      name: null,
    })
    expect(await signIn()).toMatchObject({ id: account.id, role: 'USER' })
    expect(await client.updateProfile({ firstName: 'Ada' })).toMatchObject({ firstName: 'Ada' })
    expect(await client.profile()).toMatchObject({ firstName: 'Ada', email: account.email })
    expect(await client.request('{ profile { lastName } }')).toEqual({ profile: { lastName: null } })
    await client.logout()
    expect(signOuts).toEqual(['signed-out'])
    await expect(client.profile()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(proxy.calls.at(-1)?.headers.authorization).toBeUndefined()
    expect(proxy.of('refreshToken(')).toHaveLength(0)
  })

  it('signs in by username', async () => {
    const { username, password } = account
    expect(await client.login({ username: username.toUpperCase(), password })).toMatchObject({ id: account.id })
  })

  it('ends another session, and counts the sessions that logoutAll ends', async () => {
    await service.login(account)
    await signIn()
    const [own, other] = (await client.sessions()).toSorted((a, b) => Number(b.current) - Number(a.current))
    expect([own?.current, other?.current]).toEqual([true, false])
    await client.revokeSession(other!.id)
    await expect(client.revokeSession(other!.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await client.sessions()).toHaveLength(1)
    expect(await client.logoutAll()).toBe(1)
    expect(signOuts).toEqual(['signed-out'])
  })

  it('is signed out by the end of the account, but not by a wrong password', async () => {
    await signIn()
    const wrong = client.deleteAccount('no')
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'password' }] })
    expect(signOuts).toEqual([])
    await client.deleteAccount(account.password)
    expect(signOuts).toEqual(['signed-out'])
  })

  it('continues with the tokens that a new password brings', async () => {
    await signIn()
    const fresh = await service.login(account)
    proxy.onCall = ({ query }) =>
      query.includes('updatePassword(')
        ? { status: 200, body: JSON.stringify({ data: { updatePassword: fresh } }) }
        : undefined
    await client.changePassword({ oldPassword: account.password, newPassword: 'another horse' })
    expect(proxy.of('updatePassword(')[0]?.variables).toEqual({
      input: { oldPassword: account.password, newPassword: 'another horse', confirmNewPassword: 'another horse' },
    })
    expect(signOuts).toEqual([])
    expect(client.state.status).toBe('signed-in')
    await client.profile()
    expect(proxy.calls.at(-1)?.headers.authorization).toBe(`Bearer ${fresh.token}`)
  })

  it('stays signed in with a new password, which ends all other sessions', async () => {
    const elsewhere = await service.login(account)
    await signIn()
    const [before] = await client.sessions()
    const wrong = client.changePassword({ oldPassword: 'no', newPassword: 'another horse' })
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'oldPassword' }] })
    await client.changePassword({ oldPassword: account.password, newPassword: 'another horse' })
    expect(await client.sessions()).toMatchObject([{ id: before!.id, current: true }])
    expect(signOuts).toEqual([])
    expect(await isRefused(elsewhere.token)).toBe(true)
    expect(await isRefused(await client.getAccessToken())).toBe(false)
    expect(proxy.of('refreshToken(')).toHaveLength(0)
    await client.logout()
    await client.login({ email: account.email, password: 'another horse' })
  })

  it('changes the password after a refresh when the access token has expired', async () => {
    await signInAndExpire()
    await client.changePassword({ oldPassword: account.password, newPassword: 'another horse' })
    expect(await client.profile()).toMatchObject({ id: account.id })
    expect(proxy.of('refreshToken(')).toHaveLength(1)
    expect(signOuts).toEqual([])
  })
})

describe('a logout', () => {
  it('wins against a running refresh', async () => {
    await signInAndExpire()
    const slow = createDoor()
    proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
    const profile = client.profile().catch((error: unknown) => error)
    await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
    const logout = client.logout()
    slow.open()
    await logout
    await profile
    expect(signOuts).toEqual(['signed-out'])
    expect(await isRefused(tokens().token)).toBe(true)
    await expect(client.profile()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(proxy.calls.at(-1)?.headers.authorization).toBeUndefined()
  })

  it('leaves nothing to refresh for a call that it has overtaken', async () => {
    await signIn()
    const slow = createDoor()
    proxy.onAnswer = ({ query }) => (query.includes('logout') ? slow.opened : undefined)
    const logout = client.logout()
    await until('the session is over', () => proxy.of('logout')[0]?.answer)
    const profile = client.profile()
    await until('the call is refused', () => proxy.of('{profile')[0]?.answer)
    slow.open()
    await logout
    await expect(profile).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(proxy.of('refreshToken(')).toHaveLength(0)
    expect(signOuts).toEqual(['signed-out'])
  })

  it('succeeds when the session is over already, and fails when the service cannot be reached', async () => {
    await signIn()
    proxy.onCall = () => 'cut'
    await expect(client.logout()).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    expect(signOuts).toEqual([])
    proxy.onCall = () => undefined
    await service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)
    await client.logout()
    expect(signOuts).toEqual(['expired'])
    await client.logout()
  })
})

describe('a login', () => {
  it('that is refused triggers no refresh, signed in or not', async () => {
    const wrong = () => client.login({ email: account.email, password: 'wrong' })
    await expect(wrong()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await signIn()
    await expect(wrong()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await client.profile()).toMatchObject({ id: account.id })
    expect(proxy.of('refreshToken(')).toHaveLength(0)
    expect(signOuts).toEqual([])
  })

  it('is not undone by the response of a running refresh', async () => {
    await signInAndExpire()
    const other = await service.register()
    const slow = createDoor()
    proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
    const outdated = client.profile()
    await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
    const login = client.login({ email: other.email, password: other.password })
    slow.open()
    await Promise.allSettled([outdated, login])
    expect(await client.profile()).toMatchObject({ id: other.id })
  })

  it('ends the session that it replaces, which is no sign-out', async () => {
    await signIn()
    const { token } = tokens()
    const reasons: string[] = []
    client.onSignOut((reason) => reasons.push(reason))
    const other = await service.register()
    await client.login({ email: other.email, password: other.password })
    expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
    expect(await client.profile()).toMatchObject({ id: other.id })
    expect(reasons).toEqual([])
  })

  it('replaces a session, and repeats no call of the old one in the new one', async () => {
    await signInAndExpire()
    const other = await service.register()
    const slow = createDoor()
    proxy.onAnswer = ({ query }) => (query.includes('{profile') ? slow.opened : undefined)
    const outdated = client.profile()
    await until('it has been refused', () => proxy.of('{profile')[0]?.answer)
    await client.login({ email: other.email, password: other.password })
    slow.open()
    await expect(outdated).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await client.profile()).toMatchObject({ id: other.id })
  })
})

it('calls no listener after it unsubscribed, and calls the others although one throws', async () => {
  const more: string[] = []
  const stop = client.onSignOut(() => more.push('stopped'))
  client.onSignOut(() => more.push('kept'))
  stop()
  await signIn()
  await client.logout()
  expect(more).toEqual(['kept'])
})

it('exposes no token in the client or in an error', async () => {
  await signIn()
  const { token, refreshToken } = tokens()
  proxy.onCall = () => 'cut'
  const error: unknown = await client.profile().catch((reason: unknown) => reason)
  const { inspect } = await import('node:util')
  const seen = inspect({ client, error }, { depth: 20, showHidden: true })
  for (const secret of [token, refreshToken]) expect(seen).not.toContain(secret)
})
