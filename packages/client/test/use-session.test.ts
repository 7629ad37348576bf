import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ObservedPage } from '../../../test/support/browser.js'
import type { Account } from '../../../test/support/client.js'
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
let account: Account

beforeAll(async () => {
  service = await startService()
  code = await bundle('packages/client/test/page/session.ts', { mode: 'development' })
})
afterAll(() => service.stop())
beforeEach(async () => {
  ;({ proxy, browser, open, close } = await openTabs(service.url, code))
  account = await service.register()
})
afterEach(() => close())

const shows = (page: Page, line: string) =>
  until(`both components show ${line}`, async () => {
    const lines = await page.locator('output').allTextContents()
    return lines.length === 2 && lines.every((text) => text === line)
  })
const signIn = (page: Page, { email, password } = account) =>
  run(page, `client.login(${JSON.stringify({ email, password })})`)
const rendered = (page: Page) => run(page, 'rendered')
const revokeAll = async () => service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)

it('loads the user once for all components, in StrictMode', async () => {
  const tab = await open()
  await shows(tab, 'signed-out null')
  await signIn(tab)
  await shows(tab, `signed-in ${account.email} null`)
  await open(tab)
  await shows(tab, `signed-in ${account.email} null`)
  expect(await rendered(tab)).toEqual(['loading', `signed-in ${account.email} null`])
  // One in each of the two page loads.
  expect(proxy.of('{profile')).toHaveLength(2)
  expect(browser.complaints).toEqual([])
})

it('follows changes of the profile', async () => {
  const tab = await open()
  await signIn(tab)
  await run(tab, `client.updateProfile({ firstName: 'Ada' })`)
  await shows(tab, `signed-in ${account.email} Ada`)
})

it('follows a sign-in and a sign-out in another tab', async () => {
  const [tab, other] = [await open(), await open()]
  await shows(other, 'signed-out null')
  await signIn(tab)
  await shows(other, `signed-in ${account.email} null`)
  await run(tab, 'client.logout()')
  await shows(other, 'signed-out signed-out')
  expect(await rendered(other)).toEqual([
    'loading',
    'signed-out null',
    'loading',
    `signed-in ${account.email} null`,
    'signed-out signed-out',
  ])
})

it('shows the new user when one signs in over another in another tab, without a sign-out in between', async () => {
  const [tab, other] = [await open(), await open()]
  await signIn(tab)
  await shows(other, `signed-in ${account.email} null`)
  const next = await service.register()
  await signIn(tab, next)
  await shows(other, `signed-in ${next.email} null`)
  expect(((await rendered(other)) as string[]).slice(-3)).toEqual([
    `signed-in ${account.email} null`,
    'loading',
    `signed-in ${next.email} null`,
  ])
})

it('loads the user again when another one signed in before the response', async () => {
  const tab = await open()
  await signIn(tab)
  const next = await service.register()
  const slow = createDoor()
  proxy.onAnswer = ({ query }) => (query.includes('{profile') ? slow.opened : undefined)
  const other = await browser.page.context().newPage()
  await other.goto(proxy.origin)
  await until('the profile is answered', () => proxy.of('{profile').at(-1)?.answer?.includes(account.email))
  await signIn(tab, next)
  proxy.onAnswer = () => undefined
  slow.open()
  await shows(other, `signed-in ${next.email} null`)
  expect(((await rendered(other)) as string[]).join()).not.toContain(account.email)
})

it('gives the reason when the session was ended elsewhere', async () => {
  const [tab, other] = [await open(), await open()]
  await signIn(tab)
  await shows(other, `signed-in ${account.email} null`)
  await revokeAll()
  await run(tab, 'client.profile().catch(() => undefined)')
  await shows(tab, 'signed-out expired')
  await shows(other, 'signed-out expired')
})

it('shows an error during an outage, and recovers with the next profile', async () => {
  const tab = await open()
  await signIn(tab)
  proxy.onCall = () => ({ status: 503 })
  await open(tab)
  await shows(tab, 'error SERVICE_UNAVAILABLE')
  proxy.onCall = () => undefined
  await run(tab, 'client.profile()')
  await shows(tab, `signed-in ${account.email} null`)
})

it('sends no request in memory mode, where a new page is signed out', async () => {
  const tab = await browser.page.context().newPage()
  await tab.goto(`${proxy.origin}/?memory`)
  await shows(tab, 'signed-out null')
  expect(proxy.calls).toEqual([])
  await signIn(tab)
  await shows(tab, `signed-in ${account.email} null`)
  await run(tab, 'client.logout()')
  await shows(tab, 'signed-out signed-out')
})
