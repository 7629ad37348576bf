import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCaptchaProvider, type CaptchaProvider } from '../../support/captcha-provider.js'
import { unique } from '../../support/client.js'
import { startPagesService, type PagesService } from '../../support/pages-service.js'

let provider: CaptchaProvider
let started: PagesService

beforeAll(async () => {
  provider = await startCaptchaProvider()
  started = await startPagesService(provider.env)
})
afterAll(async () => {
  await started.stop()
  await provider.stop()
})

it('people sign up and sign in with a captcha, and get a new one after a refusal', async () => {
  const { page, pages } = await started.browser.fresh()
  const account = { email: `${unique()}@example.com`, username: unique(), password: 'correct horse battery' }
  const puzzle = pages.button('I am human')

  await pages.open('/')
  await pages.email.fill(account.email)
  await pages.username.fill(account.username)
  await pages.password.fill(account.password)
  await puzzle.waitFor()
  expect(await pages.barriers()).toEqual([])
  await pages.button('Create account').click()
  await page.getByText('Complete the captcha.').waitFor()
  expect(provider.calls).toEqual([])
  await puzzle.click()
  await pages.button('Solved').waitFor()
  expect(await page.getByText('Complete the captcha.').count()).toBe(0)
  await pages.button('Create account').click()

  await page.getByText('Your account is ready. Sign in to continue.').waitFor()
  await pages.password.fill('wrong password')
  await puzzle.click()
  await pages.button('Solved').waitFor()
  await pages.button('Sign in').click()
  await page.getByText("The password doesn't match").waitFor()

  await pages.password.fill(account.password)
  await puzzle.click()
  await pages.button('Solved').waitFor()
  await pages.button('Sign in').click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  expect(started.browser.complaints()).toEqual([])
  expect(started.browser.foreign().every((address) => address.startsWith(`${provider.url}/`))).toBe(true)
})

it('say so when the captcha can not be loaded', async () => {
  const { page, pages } = await started.browser.fresh()
  await page.route(`${provider.url}/**`, (route) => route.abort())
  await pages.open('/sign-in')
  await page.getByText('The captcha could not be loaded.').waitFor()
})
