import type { Page } from 'playwright-core'
import { openPage } from '../../../../test/support/browser.js'
import { startProxy } from './proxy.js'

export type Tabs = Awaited<ReturnType<typeof openTabs>>

/** Runs an expression in a page. Promises are awaited. */
export const run = (page: Page, script: string) => page.evaluate(`(async () => ${script})()`)

/** A browser, and a proxy of the service that serves it one page with the bundled script `code`. */
export async function openTabs(target: string, code: string) {
  const proxy = await startProxy(target, {
    '/': { type: 'text/html', body: '<!doctype html><head><script type="module" src="/page.js"></script></head>' },
    '/page.js': { type: 'text/javascript', body: code },
    '/favicon.ico': { type: 'image/x-icon', body: '' },
  })
  const browser = await openPage({ parallel: true })

  return {
    proxy,
    browser,

    /** Opens the page in a new tab, or reloads it in `page`. */
    open: async (page?: Page): Promise<Page> => {
      const opened = page ?? (await browser.page.context().newPage())
      await opened.goto(proxy.origin)
      await opened.waitForSelector('body *')
      return opened
    },

    close: async (): Promise<void> => {
      await browser.close()
      await proxy.close()
    },
  }
}
