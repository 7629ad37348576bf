import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ObservedPage } from '../../../test/support/browser.js'
import type { Account } from '../../../test/support/client.js'
import { startService, type Service } from '../../../test/support/service.js'
import { bundle } from './support/bundle.js'
import type { Proxy } from './support/proxy.js'
import { openTabs, run, type Tabs } from './support/tabs.js'

let service: Service
let code: string
let proxy: Proxy
let browser: ObservedPage
let close: Tabs['close']
let account: Account

beforeAll(async () => {
  // The default life of an access token.
  service = await startService({ ACCESS_TOKEN_TTL: '900' })
  code = await bundle('packages/client/test/page/session.ts', { mode: 'development' })
})
afterAll(() => service.stop())
beforeEach(async () => {
  ;({ proxy, browser, close } = await openTabs(service.url, code))
  account = await service.register()
})
afterEach(() => close())

/** Opens a tab in memory mode, signed in, whose clock is `ahead` by so many milliseconds. */
async function signedIn(ahead = 0): Promise<Page> {
  const page = await browser.page.context().newPage()
  await page.clock.install({ time: Date.now() + ahead })
  await page.goto(`${proxy.origin}/?memory`)
  await page.waitForSelector('output')
  await run(page, `client.login(${JSON.stringify({ email: account.email, password: account.password })})`)
  return page
}

const seconds = (count: number) => count * 1000
const refreshes = () => proxy.of('refreshToken(').length
const FIVE_TOKENS = 'Promise.all([1, 2, 3, 4, 5].map(() => client.getAccessToken()))'
const tokensOf = async (page: Page) => (await run(page, FIVE_TOKENS)) as string[]
const isAccepted = async (token: string) => (await service.graphql('{ profile { id } }', {}, token)).errors.length === 0

it('hands out one token until 30 seconds before it expires, and refreshes it once then', async () => {
  const tab = await signedIn()
  const first = new Set(await tokensOf(tab))
  expect(first.size).toBe(1)
  await tab.clock.fastForward(seconds(900 - 30 - 20))
  expect(new Set(await tokensOf(tab))).toEqual(first)
  expect(refreshes()).toBe(0)
  await tab.clock.fastForward(seconds(21))
  const second = new Set(await tokensOf(tab))
  expect(second.size).toBe(1)
  expect(second).not.toEqual(first)
  expect(refreshes()).toBe(1)
  expect(await isAccepted([...second][0]!)).toBe(true)
})

it('refreshes once in each of two tabs, whose sessions are their own and both stay signed in', async () => {
  // One after the other: Playwright's clock belongs to all pages of a context, and fails on one that is just opening.
  const tabs = [await signedIn(), await signedIn()] as const
  for (let round = 1; round <= 3; round++) {
    for (const tab of tabs) await tab.clock.fastForward(seconds(880))
    const tokens = await Promise.all(tabs.map(tokensOf))
    expect(tokens.map((all) => new Set(all).size)).toEqual([1, 1])
    expect(new Set(tokens.flat()).size).toBe(2)
    expect(refreshes()).toBe(2 * round)
  }
  await run(tabs[0], 'client.logout()')
  expect(await run(tabs[0], 'client.getAccessToken().catch(({ code }) => code)')).toBe('UNAUTHENTICATED')
  expect(await isAccepted((await tokensOf(tabs[1]))[0]!)).toBe(true)
})

it('hands out a token that is about to expire when the service cannot be reached', async () => {
  const tab = await signedIn()
  const [first] = await tokensOf(tab)
  await tab.clock.fastForward(seconds(880))
  proxy.onCall = () => ({ status: 503 })
  expect(new Set(await tokensOf(tab))).toEqual(new Set([first]))
  await tab.clock.fastForward(seconds(21))
  expect(await run(tab, 'client.getAccessToken().catch(({ code }) => code)')).toBe('SERVICE_UNAVAILABLE')
})

it.each([
  ['ahead', 86_400],
  ['behind', -86_400],
])('does not depend on a clock that is a day %s', async (_what, offset) => {
  const tab = await signedIn(seconds(offset))
  const first = new Set(await tokensOf(tab))
  expect([first.size, refreshes()]).toEqual([1, 0])
  await tab.clock.fastForward(seconds(880))
  expect(new Set(await tokensOf(tab))).not.toEqual(first)
  expect(refreshes()).toBe(1)
})
