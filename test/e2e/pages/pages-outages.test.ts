import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { createTestDatabase } from '../../support/database.js'
import { openBrowser, type Browser, type Pages } from '../../support/pages.js'
import { startServiceProcess, type ServiceProcess } from '../../support/process.js'
import { sees } from '../../support/sees.js'
import { privateMariadb, privateRedis, type PrivateServer } from '../../support/servers.js'
import { until } from '../../support/wait.js'

const PASSWORD = 'seven green bicycles'
/** Chromium prints this for requests without a network. */
const OFFLINE = 'Failed to load resource: net::ERR_INTERNET_DISCONNECTED'
/** And this for those that an open circuit breaker refuses. */
const REFUSED = 'Failed to load resource: the server responded with a status of 503 (Service Unavailable)'

let mariadb: PrivateServer
let redis: PrivateServer
let service: ServiceProcess
let browser: Browser
let page: Page
let pages: Pages
/** The console messages that a test expects. */
let allowed: readonly string[]

beforeAll(async () => {
  ;[mariadb, redis] = await Promise.all([privateMariadb(), privateRedis()])
  const database = await createTestDatabase({ server: mariadb.url })
  service = await startServiceProcess({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    WEB: 'true',
  })
  browser = await openBrowser(service.url)
})
afterAll(async () => {
  await browser.close()
  service.kill('SIGTERM')
  await service.finished
  await Promise.all([mariadb.remove(), redis.remove()])
})
beforeEach(async () => {
  ;({ page, pages } = await browser.fresh())
  allowed = []
})
afterEach(() => {
  expect(browser.complaints().filter((line) => !allowed.some((part) => line.includes(part)))).toEqual([])
  expect(browser.foreign()).toEqual([])
})

async function fill(username = unique()) {
  await pages.email.fill(`${unique()}@example.com`)
  await pages.username.fill(username)
  await pages.password.fill(PASSWORD)
}

describe('the pages', () => {
  it('work with Redis stopped', async () => {
    const { username: taken } = await service.register()
    await redis.stop()
    try {
      await pages.open()
      await fill(taken)
      await sees(pages.verdict, 'This username is taken.')
      await pages.suggestions.first().click()
      await sees(pages.verdict, 'This username is available.')
      await pages.button('Create account').click()
      await sees(pages.heading, 'Your account')
      expect(await pages.outage.count()).toBe(0)
    } finally {
      await redis.restart()
    }
  })

  it('report an outage without MySQL, keep the typed text, and recover automatically', async () => {
    allowed = [REFUSED]
    const name = unique()
    await pages.open()
    await mariadb.stop()
    try {
      await fill(name)
      await sees(pages.verdict, "Can't check this username right now.")
      await pages.outage.waitFor()
      // Screen readers announce the status once, so it must not change with every attempt.
      expect(await page.getByRole('status').getByRole('button').count()).toBe(0)
      await pages.button('Create account').click()
      await sees(page.getByRole('alert'), 'The service is unavailable. Nothing you typed is lost')
    } finally {
      await mariadb.restart()
    }
    // It may have recovered already.
    await pages
      .button('Try now')
      .click({ timeout: 2000 })
      .catch(() => undefined)
    await pages.outage.waitFor({ state: 'detached' })
    await sees(pages.verdict, 'This username is available.')
    expect(await pages.username.inputValue()).toBe(name)
    expect(await pages.password.inputValue()).toBe(PASSWORD)
    // Checks and writes have circuit breakers of their own.
    await until('the service is ready', async () => (await fetch(`${service.url}/health/ready`)).ok)
    await pages.button('Create account').click()
    await sees(pages.heading, 'Your account')

    // An outage signs no user out, and missing content appears afterwards.
    await mariadb.stop()
    try {
      await page.reload()
      await pages.outage.waitFor()
    } finally {
      await mariadb.restart()
    }
    await sees(pages.heading, 'Your account')
    await until('the sessions are loaded', () => page.getByText('This device', { exact: true }).count())
    await pages.outage.waitFor({ state: 'detached' })
  })

  it('survive a lost network connection', async () => {
    await pages.open()
    await fill()
    await sees(pages.verdict, 'available')
    allowed = [OFFLINE]
    await page.context().setOffline(true)
    await pages.button('Create account').click()
    await sees(page.getByRole('alert'), "Can't reach the service. Check your connection. Nothing you typed is lost.")
    await pages.outage.waitFor()
    await page.context().setOffline(false)
    await pages.outage.waitFor({ state: 'detached' })
    await pages.button('Create account').click()
    await sees(pages.heading, 'Your account')

    await page.context().setOffline(true)
    await pages.username.fill(unique())
    await pages.button('Change username').click()
    await pages.outage.waitFor()
    await page.context().setOffline(false)
    // The form says so, or already shows again that the username is available.
    await pages.outage.waitFor({ state: 'detached' })
    await sees(page.getByRole('region', { name: 'Username' }), /is available/)
  })

  it('explain what to do after an error while rendering', async () => {
    const account = await service.register()
    await pages.open('/sign-in')
    // An answer that the service never gives.
    await page.route('**/graphql', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({
        response: answer,
        body: (await answer.text()).replace(/"createdAt":"[^"]+"/g, '"createdAt":"once"'),
      })
    })
    allowed = ['Invalid time value']
    await pages.who.fill(account.email)
    await pages.password.fill(account.password)
    await pages.button('Sign in').click()
    await sees(page.getByRole('alert'), 'Something went wrong on this page. Reload it to continue.')
    await page.unroute('**/graphql')
    await page.reload()
    await sees(pages.heading, 'Your account')
  })

  it('say so when the page of the account can not be loaded, such as after an update', async () => {
    const account = await service.register()
    await pages.open('/sign-in')
    await page.route('**/assets/signed-in-*.js', (route) => route.abort())
    allowed = ['net::ERR_FAILED', 'A part of the pages could not be loaded']
    await pages.who.fill(account.email)
    await pages.password.fill(account.password)
    await pages.button('Sign in').click()
    await sees(page.getByRole('alert'), 'Something went wrong on this page. Reload it to continue.')
    await page.unroute('**/assets/signed-in-*.js')
    await page.reload()
    await sees(pages.heading, 'Your account')
  })
})
