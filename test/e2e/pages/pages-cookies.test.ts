import { once } from 'node:events'
import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { openBrowser, type Browser, type Pages } from '../../support/pages.js'
import { startService, type Service } from '../../support/service.js'
import { sees } from '../../support/sees.js'

const PASSWORD = 'seven green bicycles'
const NOT_KEPT = 'Your browser did not keep the sign-in cookie.'

let service: Service
/** In front of the service. Takes the cookies away, as WebKit does at http://localhost. */
let proxy: Server
let keepsCookies: boolean
let browser: Browser
let page: Page
let pages: Pages

beforeAll(async () => {
  service = await startService({ WEB: 'true' })
  proxy = createServer((incoming, answer) => {
    const { method, headers } = incoming
    incoming.pipe(
      forward(`${service.url}${incoming.url ?? ''}`, { method, headers }, (response) => {
        if (!keepsCookies) delete response.headers['set-cookie']
        answer.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(answer)
      }),
    )
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  browser = await openBrowser(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`)
})
afterAll(async () => {
  await browser.close()
  proxy.closeAllConnections()
  proxy.close()
  await service.stop()
})
beforeEach(async () => {
  keepsCookies = false
  ;({ page, pages } = await browser.fresh())
})

describe('in a browser that keeps no cookies', () => {
  it('signing in says so, with what to do, and works once they are kept', async () => {
    const { email } = await service.register({ password: PASSWORD })
    await pages.open('/sign-in')
    await pages.who.fill(email)
    await pages.password.fill(PASSWORD)
    await pages.button('Sign in').click()
    await sees(page.getByRole('alert'), NOT_KEPT)
    await sees(page.getByRole('alert'), 'Open this page over HTTPS, or use another browser.')
    expect(await page.locator('main').textContent()).not.toContain('session has ended')
    expect(await pages.who.inputValue()).toBe(email)

    keepsCookies = true
    await pages.password.fill(PASSWORD)
    await pages.button('Sign in').click()
    await sees(pages.heading, 'Your account')
  })

  it('signing up says so on the sign-in page', async () => {
    await pages.open()
    const email = `${unique()}@example.com`
    await pages.email.fill(email)
    await pages.username.fill(unique())
    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await sees(page.getByRole('alert'), NOT_KEPT)
    await sees(pages.heading, 'Sign in')
    expect(await pages.who.inputValue()).toBe(email)
    await service.login({ email, password: PASSWORD })
  })
})
