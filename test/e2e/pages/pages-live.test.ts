import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import { type Browser, openBrowser } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

let stage: PagesService
/** A second browser, without the cookies of the first. */
let elsewhere: Browser

beforeAll(async () => {
  stage = await startPagesService()
  elsewhere = await openBrowser(stage.service.url)
})
afterAll(async () => {
  await elsewhere.close()
  await stage.stop()
})
afterEach(() => expect(stage.browser.complaints()).toEqual([]))

const streams = (page: Page) => {
  const opened: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/graphql/stream')) opened.push(request.url())
  })
  return opened
}

it('two browsers: each sees the other sign in, and the one that is signed out is told so without a reload', async () => {
  const account = await stage.service.signUp({ password: 'seven green bicycles' })
  const { page, pages } = await stage.browser.fresh()
  await pages.open('/sign-in')
  await pages.signIn(account)
  await sees(page.getByRole('region', { name: 'Sessions' }), 'This device')
  const rows = page.getByRole('region', { name: 'Sessions' }).getByRole('listitem')
  await until('both sessions are listed', async () => (await rows.count()) === 2)

  const { page: other, pages: otherPages } = await elsewhere.fresh()
  await otherPages.open('/sign-in')
  await otherPages.signIn(account)
  await until('the first browser lists the new session', async () => (await rows.count()) === 3)
  await sees(page.getByRole('region', { name: 'Recent activity' }), /Signed in.*Signed in/s)

  await otherPages.button('Sign out everywhere …').click()
  await otherPages.button('Sign out everywhere').last().click()
  await sees(other.locator('main'), 'You are signed out on all devices.')
  await sees(page.locator('main'), 'You were signed out.')
  expect(new URL(page.url()).pathname).toBe('/sign-in')
})

it('what happens after the page has loaded, and before its stream is open, is shown', async () => {
  const account = await stage.service.signUp({ password: 'seven green bicycles' })
  const { page, pages } = await stage.browser.fresh()
  const loaded = Promise.withResolvers<undefined>()
  await page.route('**/graphql/stream', async (route) => {
    await loaded.promise
    await route.continue()
  })
  const opened = streams(page)
  await pages.open('/sign-in')
  await pages.signIn(account)
  const rows = page.getByRole('region', { name: 'Sessions' }).getByRole('listitem')
  await until('both sessions are listed', async () => (await rows.count()) === 2)
  await until('the stream is about to open', () => opened.length > 0)
  await stage.service.login(account)
  expect(await rows.count()).toBe(2)
  loaded.resolve(undefined)
  await until('the new session is listed', async () => (await rows.count()) === 3)
})

it('without the stream the page works as before, and does not ask for it again and again', async () => {
  const account = await stage.service.signUp({ password: 'seven green bicycles' })
  const { page, pages } = await stage.browser.fresh()
  await page.route('**/graphql/stream', (route) => route.fulfill({ status: 200, body: '' }))
  const opened = streams(page)
  await pages.open('/sign-in')
  await pages.signIn(account)
  await until('the page has tried', () => opened.length > 0)
  await pages.button('Sign out').first().click()
  await sees(page.locator('main'), 'You are signed out.')
  const tries = opened.length
  expect(tries).toBeLessThan(10)
  await page.reload()
  await pages.heading.waitFor()
  expect(opened.length).toBe(tries)
})
