import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
let close: Tabs['close']
let tab: Page
let account: Account

beforeAll(async () => {
  service = await startService()
  code = await bundle('packages/client/test/page/main.ts', { mode: 'development' })
})
afterAll(() => service.stop())
beforeEach(async () => {
  const tabs = await openTabs(service.url, code)
  ;({ proxy, browser, close } = tabs)
  account = await service.register()
  tab = await tabs.open()
})
afterEach(() => close())

describe('useUsername, in StrictMode', () => {
  const shown = (text: string) => tab.waitForSelector(`output:has-text("${text}")`)

  it('follows the field, and never shows the state of another text', async () => {
    expect(await tab.textContent('output')).toBe('idle')
    await tab.locator('input').pressSequentially(account.username, { delay: 10 })
    await shown('unavailable')
    await tab.locator('input').press('End')
    await tab.locator('input').press('-')
    await shown('available')
    await tab.locator('input').fill('')
    await shown('idle')
    for (const line of (await run(tab, 'rendered')) as string[]) {
      const [text, of, status] = line.split(' ')
      expect(status === 'idle' ? '' : text).toBe(of)
    }
    expect(browser.complaints).toEqual([])
  })

  it('waits while an input method is composing', async () => {
    const keyboard = await tab.context().newCDPSession(tab)
    const text = account.username
    await tab.clock.install()
    await tab.locator('input').focus()
    for (let end = 1; end <= text.length; end++)
      await keyboard.send('Input.imeSetComposition', {
        text: text.slice(0, end),
        selectionStart: end,
        selectionEnd: end,
      })
    expect(await tab.inputValue('input')).toBe(text)
    // Longer than the pause after which a text is checked.
    await tab.clock.runFor(1000)
    expect(proxy.calls).toEqual([])
    expect(await tab.textContent('output')).toBe('idle')
    await keyboard.send('Input.insertText', { text })
    await shown('unavailable')
    expect(proxy.calls).toHaveLength(1)
    expect(browser.complaints).toEqual([])
  })

  it('gives the input a name and the token for autofill', async () => {
    expect(await tab.locator('input[name=username][autocomplete=username]').count()).toBe(1)
  })

  it('checks the initial text of the field', async () => {
    await tab.goto(`${proxy.origin}/?${account.username}`)
    await shown('unavailable')
    expect(await tab.inputValue('input')).toBe(account.username)
  })

  it('checks again on retry, and aborts when it unmounts', async () => {
    proxy.onCall = () => ({ status: 503 })
    await tab.locator('input').fill(account.username)
    await shown('error')
    const slow = createDoor()
    proxy.onCall = () => slow.opened
    await tab.locator('button').click()
    await shown('checking')
    await until('it is running', () => proxy.calls.length === 2)
    // Sooner than the request's timeout.
    const aborted = tab.waitForEvent('requestfailed', { timeout: 5000 })
    await run(tab, 'unmount()')
    expect((await aborted).url()).toBe(proxy.url)
    slow.open()
    expect(await tab.locator('body').innerHTML()).toBe('')
  })
})
