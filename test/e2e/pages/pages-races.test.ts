import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SignedIn, unique } from '../../support/client.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

let stage: PagesService
let page: Page
let pages: Pages
let account: SignedIn

beforeAll(async () => {
  stage = await startPagesService()
})
afterAll(() => stage.stop())
beforeEach(async () => {
  account = await stage.service.signUp({ password: 'seven green bicycles' })
  ;({ page, pages } = await stage.browser.fresh())
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

/** Lets the service execute an operation, and holds the response until `release`, which resolves when the page has it. */
async function hold(operation: string) {
  let release = (): void => undefined
  let isAnswered = false
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(operation)) return route.continue()
    const response = await route.fetch()
    isAnswered = true
    await released
    await route.fulfill({ response })
  })
  return {
    begun: () => until(`${operation} is answered`, () => isAnswered),
    async release() {
      const arrived = page.waitForResponse((answer) => answer.request().postData()?.includes(operation) ?? false)
      release()
      await (await arrived).finished()
      // One round trip later, the page has handled it.
      await page.evaluate((address) => fetch(address), `${stage.service.url}/health/live`)
    },
  }
}

describe('a user who has signed out', () => {
  it('is not signed in again by a late answer', async () => {
    await pages.open('/sign-in')
    await pages.signIn(account)
    const slow = await hold('updateProfile')
    await pages.field('First name').fill('Ada')
    await pages.button('Save profile').click()
    await slow.begun()
    await pages.button('Sign out').first().click()
    await sees(page.locator('main'), 'You are signed out.')
    await slow.release()
    await sees(pages.heading, 'Sign in')
    expect(page.url()).toBe(`${stage.service.url}/sign-in`)
  })
})

describe('the profile', () => {
  it('keeps changes that another tab has saved, and text that is typed while saving', async () => {
    await pages.open('/sign-in')
    await pages.signIn(account)
    const other = await stage.service.login({ email: account.email, password: account.password })
    await stage.service.succeed('mutation { updateProfile(input: { lastName: "Lovelace" }) { id } }', {}, other.token)
    const slow = await hold('updateProfile')
    await pages.field('First name').fill('Ada')
    await pages.button('Save profile').click()
    await slow.begun()
    await pages.field('Phone number').fill('+41 44 668 18 00')
    await slow.release()
    await until('the other name is shown', async () => (await pages.field('Last name').inputValue()) === 'Lovelace')
    expect(await pages.field('First name').inputValue()).toBe('Ada')
    expect(await pages.field('Phone number').inputValue()).toBe('+41 44 668 18 00')
  })
})

describe('a new account', () => {
  it('is announced even if the sign-in after it fails', async () => {
    await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('login(') ? route.fulfill({ status: 200, body: '' }) : route.continue(),
    )
    const email = `${unique()}@example.com`
    await pages.open()
    await pages.email.fill(email)
    await pages.username.fill(unique())
    await pages.password.fill('seven green bicycles')
    await pages.button('Create account').click()
    await sees(page.locator('main'), 'Your account is ready. Sign in to continue.')
    expect(await pages.who.inputValue()).toBe(email)
    await page.unroute('**/graphql')
    await pages.signIn({ email, password: 'seven green bicycles' })
  })

  it('does not replace an account that has signed in since', async () => {
    await pages.open()
    await pages.email.fill(`${unique()}@example.com`)
    await pages.username.fill(unique())
    await pages.password.fill('seven green bicycles')
    const slow = await hold('register(')
    await pages.button('Create account').click()
    await slow.begun()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await pages.signIn(account)
    const logins: string[] = []
    page.on('request', (request) => {
      if (request.postData()?.includes('login(')) logins.push(request.url())
    })
    await slow.release()
    await sees(page.locator('.account-head'), account.email)
    expect(logins).toEqual([])
  })
})

describe('the account', () => {
  it('shows an outline while it waits for the service', async () => {
    await pages.open('/sign-in')
    await pages.signIn(account)
    const slow = await hold('profile{')
    await page.goto(`${stage.service.url}/account`)
    await sees(page.getByRole('status').last(), 'Loading')
    expect(await page.locator('main[aria-busy=true] .skeleton').count()).toBeGreaterThan(0)
    await slow.begun()
    await slow.release()
    await sees(pages.heading, 'Your account')
    await until('the outlines are gone', async () => (await page.locator('.skeleton').count()) === 0)
  })
})
