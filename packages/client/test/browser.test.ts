import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ObservedPage } from '../../../test/support/browser.js'
import type { Account } from '../../../test/support/client.js'
import { ACCESS, DEVICE } from '../../../test/support/cookies.js'
import { startService, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { bundle } from './support/bundle.js'
import { createDoor, type Proxy } from './support/proxy.js'
import { openTabs, run, type Tabs } from './support/tabs.js'

let service: Service
let code: string
let proxy: Proxy
let browser: ObservedPage
let open: Tabs['open']
let close: Tabs['close']
let tab: Page
let account: Account

beforeAll(async () => {
  service = await startService()
  code = await bundle('packages/client/test/page/main.ts', { mode: 'development' })
})
afterAll(() => service.stop())
beforeEach(async () => {
  ;({ proxy, browser, open, close } = await openTabs(service.url, code))
  account = await service.register()
  tab = await open()
})
afterEach(() => close())

const signIn = (page = tab) =>
  run(page, `client.login(${JSON.stringify({ email: account.email, password: account.password })})`)
const expire = () => browser.page.context().clearCookies({ name: ACCESS })
const signOutsIn = (page: Page) => run(page, 'signOuts')
const refreshes = () => proxy.of('refreshToken(').length

const FIVE_CALLS =
  'Promise.all([1, 2, 3, 4, 5].map(() => client.profile())).then((all) => all.map(({ email }) => email))'
const CODE = 'client.profile().then(() => null, ({ code }) => code)'

/** Signs in, and starts a refresh in another tab whose response waits for the door. */
async function refreshElsewhere() {
  const other = await open()
  await signIn()
  await expire()
  const slow = createDoor()
  proxy.onAnswer = ({ query }) => (query.includes('refreshToken(') ? slow.opened : undefined)
  const profile = run(other, CODE)
  await until('the refresh is running', () => proxy.of('refreshToken(')[0]?.answer)
  return { other, slow, profile }
}

describe('in cookie mode', () => {
  it('refreshes once for all calls of two tabs, again and again', async () => {
    const other = await open()
    await signIn()
    for (let round = 1; round <= 10; round++) {
      await expire()
      const answers = await Promise.all([run(tab, FIVE_CALLS), run(other, FIVE_CALLS)])
      expect(answers.flat()).toEqual(Array(10).fill(account.email))
      expect(refreshes()).toBe(round)
    }
    expect(await signOutsIn(tab)).toEqual([])
  })

  it('repeats a call without a refresh of its own when another tab has refreshed since', async () => {
    const other = await open()
    await signIn()
    await expire()
    const slow = createDoor()
    proxy.onAnswer = () => slow.opened
    const profile = run(other, 'client.profile().then(({ email }) => email)')
    await until('it has been refused', () => proxy.of('{profile')[0]?.answer)
    proxy.onAnswer = () => undefined
    await run(tab, 'client.sessions()')
    slow.open()
    expect(await profile).toBe(account.email)
    expect(refreshes()).toBe(1)
  })

  it('lets no script see a token', async () => {
    await signIn()
    await expire()
    expect(await run(tab, FIVE_CALLS)).toHaveLength(5)
    expect(await run(tab, '[document.cookie, localStorage.length, sessionStorage.length]')).toEqual(['', 0, 0])
    const bodies = proxy.calls.map(({ answer }) => answer).join('')
    expect(bodies.match(/"(token|refreshToken)":"[^"]*"/g)).toEqual([
      '"token":""',
      '"refreshToken":""',
      '"token":""',
      '"refreshToken":""',
    ])
  })

  it('keeps the session across a reload, and notifies all tabs of a sign-out in one', async () => {
    await signIn()
    const other = await open()
    await open(tab)
    expect(await run(tab, FIVE_CALLS)).toContain(account.email)
    expect(await run(other, FIVE_CALLS)).toContain(account.email)
    await run(tab, 'client.logout()')
    await until('the other tab has received it', async () => ((await signOutsIn(other)) as string[]).length)
    expect([await signOutsIn(tab), await signOutsIn(other)]).toEqual([['signed-out'], ['signed-out']])
    expect(await run(other, CODE)).toBe('UNAUTHENTICATED')
  })

  it('notifies all tabs when the session turns out to be over, but not a tab that never was signed in', async () => {
    expect(await run(tab, CODE)).toBe('UNAUTHENTICATED')
    expect(await signOutsIn(tab)).toEqual([])
    const other = await open()
    await signIn()
    await service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)
    expect(await run(other, CODE)).toBe('UNAUTHENTICATED')
    await until('the first tab has received it', async () => ((await signOutsIn(tab)) as string[]).length)
    expect([await signOutsIn(tab), await signOutsIn(other)]).toEqual([['expired'], ['expired']])
  })

  it('signs out after the refresh of another tab, and clears the cookies of that refresh', async () => {
    const { other, slow, profile } = await refreshElsewhere()
    const logout = run(tab, 'client.logout()')
    slow.open()
    await logout
    await profile
    expect((await browser.page.context().cookies()).map(({ name }) => name)).toEqual([DEVICE])
    expect(refreshes()).toBe(1)
    expect(await run(other, CODE)).toBe('UNAUTHENTICATED')
  })

  it('keeps all tabs signed in when one changes the password', async () => {
    const other = await open()
    await signIn()
    expect(await run(other, FIVE_CALLS)).toContain(account.email)
    const passwords = { oldPassword: account.password, newPassword: 'another horse' }
    await run(tab, `client.changePassword(${JSON.stringify(passwords)})`)
    expect((await Promise.all([run(tab, FIVE_CALLS), run(other, FIVE_CALLS)])).flat()).toEqual(
      Array(10).fill(account.email),
    )
    expect([await signOutsIn(tab), await signOutsIn(other)]).toEqual([[], []])
    expect(await run(tab, 'document.cookie')).toBe('')
  })

  it('does not mistake the end of an earlier session for the end of this one', async () => {
    await signIn()
    const post = (news: string) => run(tab, `new BroadcastChannel('postern:${proxy.url}').postMessage(${news})`)
    await post(`{ type: 'signed-out', at: Date.now() - 60_000 }`)
    await post(`{ type: 'news of a later version', at: Date.now() }`)
    await post(`{ type: 'expired', at: Date.now() }`)
    await until('the later message has been received', async () => ((await signOutsIn(tab)) as string[]).length)
    expect(await signOutsIn(tab)).toEqual(['expired'])
  })

  it('signs in after the refresh of another tab, and replaces the cookies of that refresh', async () => {
    const { slow, profile } = await refreshElsewhere()
    account = await service.register()
    const login = signIn()
    // A call sent later is answered already: the login waits for its turn.
    await run(tab, 'client.policy()')
    expect(proxy.of('login(')).toHaveLength(1)
    slow.open()
    await login
    await profile
    expect(await run(tab, FIVE_CALLS)).toEqual(Array(5).fill(account.email))
  })

  it('leaves a session that another tab has replaced by signing in, and acts for the other user', async () => {
    const other = await open()
    await signIn()
    account = await service.register()
    await signIn(other)
    await until('the first tab has received it', async () => ((await signOutsIn(tab)) as string[]).length)
    expect([await signOutsIn(tab), await signOutsIn(other)]).toEqual([['signed-out'], []])
    expect(await run(tab, FIVE_CALLS)).toContain(account.email)
  })

  it('notifies the other tabs when a tab that was just opened finds that the session is over', async () => {
    await signIn()
    const other = await open()
    await service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)
    expect(await run(other, CODE)).toBe('UNAUTHENTICATED')
    await until('the first tab has received it', async () => ((await signOutsIn(tab)) as string[]).length)
    expect([await signOutsIn(tab), await signOutsIn(other)]).toEqual([['expired'], []])
  })

  it('sends nothing to the target of a redirect', async () => {
    const calls = proxy.calls.length
    proxy.onCall = () => ({ status: 307, headers: { location: `${service.url}/graphql?secret=1` } })
    const problem = 'client.policy().catch(({ code, message }) => [code, message])'
    expect(await run(tab, problem)).toEqual(['BAD_RESPONSE', "The service's address redirects."])
    expect(proxy.calls).toHaveLength(calls + 1)
  })

  it('continues when a frozen tab holds the lock', async () => {
    const other = await open()
    await signIn()
    await run(other, `void navigator.locks.request('postern:${proxy.url}', () => new Promise(() => {}))`)
    await expire()
    const hasty = `createClient({ url: '/graphql', cookies: true, timeout: 2000 })`
    expect(await run(tab, `${hasty}.profile().then(({ email }) => email)`)).toBe(account.email)
    expect(await run(tab, `navigator.locks.query().then(({ held }) => held.length)`)).toBe(1)
  })

  it('works without Web Locks and channels, in each tab alone', async () => {
    await browser.page.context().addInitScript(`
      Object.defineProperty(navigator, 'locks', { value: undefined })
      delete window.BroadcastChannel
    `)
    await open(tab)
    await signIn()
    await expire()
    expect(await run(tab, FIVE_CALLS)).toContain(account.email)
    expect(refreshes()).toBe(1)
    await run(tab, 'client.logout()')
    expect(await signOutsIn(tab)).toEqual(['signed-out'])
  })
})
