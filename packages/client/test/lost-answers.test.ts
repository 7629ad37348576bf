import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Account } from '../../../test/support/client.js'
import { ACCESS, REFRESH } from '../../../test/support/cookies.js'
import { until } from '../../../test/support/wait.js'
import { createClient, type Client, type SignOutReason } from '../src/index.js'
import { bundle } from './support/bundle.js'
import { startProxy, type Instead, type Proxy } from './support/proxy.js'
import { signInAndExpire as signInThenExpire, startShortLived, type ShortLived } from './support/short-lived.js'
import { openTabs, run, type Tabs } from './support/tabs.js'

/** Without it, the service takes the second use of a refresh token for theft. */
const GRACE = { REFRESH_GRACE: '60' }

let instances: ShortLived
let proxy: Proxy
let account: Account

beforeAll(async () => {
  instances = await startShortLived(GRACE)
})
afterAll(() => instances.stop())

const isRefresh = ({ query }: { query: string }) => query.includes('refreshToken(')
const refreshes = () => proxy.of('refreshToken(')

/** The service uses the refresh token, and its response never arrives: this does instead, the first `times` times. */
function lose(instead: Instead, times = 1) {
  proxy.onAnswer = (call) => (isRefresh(call) && refreshes().length <= times ? instead : undefined)
}

describe('with tokens in memory', () => {
  let client: Client
  let signOuts: SignOutReason[]

  beforeEach(async () => {
    proxy = await startProxy(instances.service.url)
    account = await instances.service.register()
    signOuts = []
    client = follow(createClient({ url: proxy.url }))
    await signInAndExpire(client)
  })
  afterEach(() => proxy.close())

  function follow(created: Client): Client {
    created.onSignOut((reason) => signOuts.push(reason))
    return created
  }
  const signInAndExpire = (signing: Client) => signInThenExpire(instances, { client: signing, account, proxy })

  it.each<[what: string, instead: Instead]>([
    ['a broken connection', 'cut'],
    ['a 502 of a proxy', { status: 502, body: '<h1>Bad Gateway</h1>' }],
    ['a 503 of a proxy', { status: 503 }],
    ['a 504 of a proxy', { status: 504, body: '<h1>Gateway Timeout</h1>' }],
  ])('a refresh that ends in %s is sent again, and the call succeeds', async (_what, instead) => {
    lose(instead)
    const [profile, sessions] = await Promise.all([client.profile(), client.sessions()])
    expect([profile.id, sessions.length]).toEqual([account.id, 1])
    const [first, second, ...more] = refreshes()
    expect(second?.variables).toEqual(first?.variables)
    expect(successorIn(second?.answer)).toBe(successorIn(first?.answer))
    expect([more, signOuts]).toEqual([[], []])
  })

  it('a refresh whose response is late is sent again, and the call succeeds', async () => {
    const hasty = follow(createClient({ url: proxy.url, timeout: 3000 }))
    await signInAndExpire(hasty)
    proxy.onAnswer = (call) => (isRefresh(call) && refreshes().length === 1 ? new Promise(() => undefined) : undefined)
    expect(await hasty.profile()).toMatchObject({ id: account.id })
    expect([refreshes().length, signOuts]).toEqual([2, []])
  })

  it('the next call tries again with the same token when both responses were lost', async () => {
    lose('cut', 2)
    await expect(client.profile()).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    expect(refreshes()).toHaveLength(2)
    expect(await client.profile()).toMatchObject({ id: account.id })
    expect(new Set(refreshes().map(({ variables }) => variables['token'] as string)).size).toBe(1)
    expect([refreshes().length, signOuts]).toEqual([3, []])
  })

  it('waits for the next call when the service says when to try again', async () => {
    proxy.onCall = (call) => (isRefresh(call) ? { status: 503, headers: { 'retry-after': '1' } } : undefined)
    await expect(client.profile()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 1 })
    expect([refreshes().length, signOuts]).toEqual([1, []])
  })

  it('a refused refresh is sent once, and ends the session', async () => {
    await instances.service.succeed('mutation { logoutAll }', {}, (await instances.service.login(account)).token)
    await expect(client.profile()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect([refreshes().length, signOuts]).toEqual([1, ['expired']])
  })

  it('close() ends the pause before the second try', async () => {
    proxy.onAnswer = (call) => (isRefresh(call) ? 'cut' : undefined)
    const call = expect(client.profile()).rejects.toMatchObject({ code: 'CLOSED' })
    await until('the response is lost', () => refreshes()[0]?.answer)
    client.close()
    await call
  })
})

const successorIn = (answer = '') => JSON.parse(answer).data.refreshToken.refreshToken as string

describe('with cookies', () => {
  let tabs: Tabs
  let open: Tabs['open']
  let code: string

  beforeAll(async () => {
    code = await bundle('packages/client/test/page/main.ts', { mode: 'development' })
  })
  beforeEach(async () => {
    tabs = await openTabs(instances.service.url, code)
    ;({ proxy, open } = tabs)
    account = await instances.service.register()
  })
  afterEach(() => tabs.close())

  const context = () => tabs.browser.page.context()
  const cookies = async () => Object.fromEntries((await context().cookies()).map(({ name, value }) => [name, value]))
  const expire = () => context().clearCookies({ name: ACCESS })
  const EMAIL = 'client.profile().then(({ email }) => email)'

  async function signedIn() {
    const tab = await open()
    await run(tab, `client.login(${JSON.stringify({ email: account.email, password: account.password })})`)
    return tab
  }

  it('all tabs stay signed in when the response of the refresh is lost', async () => {
    const signed = [await signedIn(), await open(), await open()]
    for (let round = 0; round < 3; round++) {
      await expire()
      proxy.calls.length = 0
      lose(round === 1 ? { status: 504 } : 'cut')
      expect(await Promise.all(signed.map((tab) => run(tab, EMAIL)))).toEqual(Array(3).fill(account.email))
      expect(await Promise.all(signed.map((tab) => run(tab, 'signOuts')))).toEqual([[], [], []])
    }
  })

  it('a page that is left during the refresh still gets the new cookies', async () => {
    const tab = await signedIn()
    const before = (await cookies())[REFRESH]
    await expire()
    const answered = Promise.withResolvers<undefined>()
    proxy.onAnswer = (call) => (isRefresh(call) ? answered.promise : undefined)
    await run(tab, `void ${EMAIL}.catch(() => undefined)`)
    await until('the service has used the token', () => refreshes()[0]?.answer)
    await tab.goto('about:blank')
    answered.resolve(undefined)
    await until('the browser has the new cookies', async () => (await cookies())[ACCESS] !== undefined)
    expect((await cookies())[REFRESH]).not.toBe(before)
    expect(await run(await open(tab), EMAIL)).toBe(account.email)
    expect(refreshes()).toHaveLength(1)
  })
})
