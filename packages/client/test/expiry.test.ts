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

const tokens = () => sentTokens(proxy)
const isRefused = (token: string) => isRefusedBy(service, token)
const signInAndExpire = () => signInThenExpire(instances, { client, account, proxy })
const refresh = (token: string) =>
  service.graphql('mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }', { token })

describe('when the access token has expired', () => {
  it('refreshes once for 20 calls, and repeats each of them once', async () => {
    await signInAndExpire()
    const profiles = await Promise.all(Array.from({ length: 20 }, () => client.profile()))
    expect(new Set(profiles.map(({ id }) => id))).toEqual(new Set([account.id]))
    expect(proxy.of('refreshToken(')).toHaveLength(1)
    expect(proxy.of('{profile')).toHaveLength(40)
    expect(signOuts).toEqual([])
  })

  it('repeats a call that was sent before the refresh ended without another one', async () => {
    await signInAndExpire()
    const slow = createDoor()
    proxy.onAnswer = ({ query }) => (query.includes('sessions') ? slow.opened : undefined)
    const sessions = client.sessions()
    await until('it has been refused', () => proxy.of('sessions')[0]?.answer)
    proxy.onAnswer = () => undefined
    await client.profile()
    slow.open()
    expect(await sessions).toHaveLength(1)
    expect(proxy.of('refreshToken(')).toHaveLength(1)
  })

  it('reports that the session is over, and rejects with the error of the call', async () => {
    await signInAndExpire()
    await service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)
    const calls = await Promise.allSettled([client.profile(), client.sessions(), client.profile()])
    expect(calls[0]).toMatchObject({
      status: 'rejected',
      reason: { code: 'UNAUTHENTICATED', message: expect.stringContaining('Sign in') },
    })
    expect(calls[1]).toMatchObject({ status: 'rejected', reason: { code: 'UNAUTHENTICATED' } })
    expect(signOuts).toEqual(['expired'])
    expect(proxy.of('refreshToken(')).toHaveLength(1)
  })

  it('reports that its refresh token was used by another client', async () => {
    await signInAndExpire()
    expect((await refresh(tokens().refreshToken)).errors).toEqual([])
    await expect(client.profile()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(signOuts).toEqual(['reused'])
  })

  it('stays signed in when the refresh gets no answer', async () => {
    await signInAndExpire()
    const instead = [{ status: 503, headers: { 'retry-after': '7' } }, 'cut'] as const
    const codes = ['SERVICE_UNAVAILABLE', 'NETWORK_ERROR']
    for (const [i, answer] of instead.entries()) {
      proxy.onCall = ({ query }) => (query.includes('refreshToken(') ? answer : undefined)
      const calls = await Promise.allSettled([client.profile(), client.profile()])
      for (const call of calls) expect(call).toMatchObject({ status: 'rejected', reason: { code: codes[i] } })
    }
    // Twice after the broken connection, and once when the service said when to try again.
    expect(proxy.of('refreshToken(')).toHaveLength(3)
    proxy.onCall = () => undefined
    expect(await client.profile()).toMatchObject({ id: account.id })
    expect(signOuts).toEqual([])
  })

  it('stops waiting for the refresh when the call is aborted, without effect on other calls', async () => {
    await signInAndExpire()
    const slow = createDoor()
    proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
    const controller = new AbortController()
    const aborted = client.request('{ profile { id } }', {}, { signal: controller.signal })
    const other = client.profile()
    await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    slow.open()
    expect(await other).toMatchObject({ id: account.id })
    expect(proxy.of('{ profile')).toHaveLength(1)
  })

  it.each<[field: string, end: () => Promise<unknown>]>([
    ['logout', () => client.logout()],
    ['logoutAll', () => client.logoutAll()],
    ['deleteAccount', () => client.deleteAccount(account.password)],
  ])('refreshes first when it ends the session with %s', async (field, end) => {
    await signInAndExpire()
    await end()
    expect(signOuts).toEqual(['signed-out'])
    const documents = proxy.calls
      .slice(1)
      .map(({ query }) => /refreshToken|logoutAll|logout|deleteAccount/.exec(query)?.[0])
    expect(documents).toEqual([field, 'refreshToken', field])
    expect(await isRefused(tokens().token)).toBe(true)
  })
})
