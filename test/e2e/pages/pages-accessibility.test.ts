import { mkdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unique, type Account } from '../../support/client.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { userId } }'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'

const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } }
/** The screenshots in the README. */
const kept = new Map([
  ['sign-up light desktop', 'sign-up.png'],
  ['account dark desktop', 'account-dark.png'],
  ['sign-up light phone', 'sign-up-phone.png'],
])
const folder = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url))

let stage: PagesService
let page: Page
let pages: Pages
let ada: Account

beforeAll(async () => {
  stage = await startPagesService({ USERNAME_HOLD: '2592000' })
  ada = await stage.service.register({ email: 'ada@example.com', username: 'ada_l', password: 'seven green bicycles' })
  for (const userAgent of [FIREFOX, IPHONE]) {
    const body = JSON.stringify({ query: LOGIN, variables: { input: { email: ada.email, password: ada.password } } })
    const headers = { 'content-type': 'application/json', 'user-agent': userAgent }
    await fetch(`${stage.service.url}/graphql`, { method: 'POST', headers, body })
  }
  const { token } = await stage.service.login(ada)
  const rename = 'mutation { updateProfile(input: { username: "ada", firstName: "Ada", lastName: "Lovelace" }) { id } }'
  await stage.service.succeed(rename, {}, token)
  await stage.service.succeed('mutation { logout }', {}, token)
})
afterAll(() => stage.stop())
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
})
afterEach(() => {
  // Chromium prints an error for the page of an unknown address.
  expect(stage.browser.complaints().filter((line) => !line.includes('status of 404'))).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

async function keep(what: string): Promise<void> {
  const name = kept.get(what)
  if (!name || process.env['SCREENSHOTS'] !== 'true') return
  mkdirSync(folder, { recursive: true })
  const { width, height } = page.viewportSize() ?? sizes.desktop
  const clip = { x: 0, y: 0, width, height: what.startsWith('account') ? 1200 : height }
  await page.screenshot({ path: `${folder}${name}`, animations: 'disabled', caret: 'hide', fullPage: true, clip })
  expect(statSync(`${folder}${name}`).size).toBeLessThan(150 * 1024)
}

const isNarrow = () => page.evaluate('document.documentElement.scrollWidth <= innerWidth')

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  describe.each(['phone', 'desktop'] as const)('on a %s', (size) => {
    const here = `${colorScheme} ${size}`
    beforeEach(async () => {
      await page.setViewportSize(sizes[size])
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    })

    it('has no barriers at sign-up, sign-in, the pages that mails link to and an unknown address', async () => {
      await pages.open()
      expect(await pages.barriers()).toEqual([])
      await pages.button('Create account').click()
      await sees(page.locator('form'), 'Choose a password.')
      expect(await pages.barriers()).toEqual([])
      await pages.email.fill('ada.lovelace@example.com')
      await pages.username.fill('ada')
      await pages.password.fill('lovelace1815')
      await page.locator('.strength').waitFor()
      expect(await pages.barriers()).toEqual([])
      await pages.password.fill('eleven patient lighthouses')
      await sees(pages.verdict, 'taken')
      await pages.suggestions.first().waitFor()
      await page.locator('.strength').waitFor()
      await keep(`sign-up ${here}`)
      expect(await pages.barriers()).toEqual([])
      await pages.username.fill(unique())
      await sees(pages.verdict, 'available')
      expect(await pages.barriers()).toEqual([])

      await pages.open('/sign-in')
      await pages.who.fill(ada.email)
      await pages.password.fill('not this one')
      await pages.button('Sign in').click()
      await sees(page.locator('form'), "doesn't match")
      expect(await pages.barriers()).toEqual([])
      expect(await isNarrow()).toBe(true)

      for (const path of ['/forgot-password', '/reset-password', '/verify-email', '/nowhere']) {
        await pages.open(path)
        expect(await pages.barriers()).toEqual([])
        expect(await isNarrow()).toBe(true)
      }
    })

    it('has no barriers in the account, with everything in it open', async () => {
      await pages.open('/sign-in')
      await pages.signIn(ada)
      await page.getByText('This device', { exact: true }).waitFor()
      await until('the usernames are loaded', () => page.getByText('Previous usernames').count())
      await keep(`account ${here}`)
      expect(await pages.barriers()).toEqual([])

      await pages.button('Sign out everywhere …').click()
      await pages.button('Change address …').click()
      await pages.button('Delete account …').click()
      await pages.button('Delete my account').click()
      await pages.button('Change password').click()
      await pages.username.fill('admin')
      await sees(pages.verdict, 'reserved')
      expect(await pages.barriers()).toEqual([])
      expect(await isNarrow()).toBe(true)
      await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
      await sees(pages.heading, 'Sign in')
    })
  })
})

it('fits a width of 320 pixels with the longest username and address', async () => {
  await page.setViewportSize({ width: 320, height: 640 })
  const email = `${'a'.repeat(64)}@${'b'.repeat(63)}.example.com`
  const account = await stage.service.register({ email, username: unique('w'.repeat(17)) })
  await pages.open()
  await pages.username.fill(account.username)
  await sees(pages.verdict, 'taken')
  expect(await isNarrow()).toBe(true)
  await pages.open('/sign-in')
  await pages.signIn(account)
  await page.getByText('This device', { exact: true }).waitFor()
  await pages.button('Delete account …').click()
  expect(await isNarrow()).toBe(true)
})

it('starts no line with a separator, however narrow the page is', async () => {
  await pages.open('/sign-in')
  await pages.signIn(ada)
  await page.getByText('This device', { exact: true }).waitFor()
  const separators = `[...document.querySelectorAll('.facts')].flatMap((facts) => {
    const clipped = facts.getBoundingClientRect().left + parseFloat(getComputedStyle(facts).clipPath.split(' ').at(-1))
    return [...facts.children].map((fact, i) => {
      const isFirst = fact.offsetTop !== facts.children[i - 1]?.offsetTop
      const { width } = getComputedStyle(fact, '::before')
      return { isFirst, isSeen: fact.getBoundingClientRect().left + parseFloat(width) > clipped + 0.5 }
    })
  })`
  for (const width of [320, 390, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    const found = await page.evaluate<{ isFirst: boolean; isSeen: boolean }[]>(separators)
    expect(found.length).toBeGreaterThan(4)
    for (const { isFirst, isSeen } of found) expect(isSeen).toBe(!isFirst)
  }
})

it('moves the focus into a confirmation, and back when it is canceled', async () => {
  await pages.open('/sign-in')
  await pages.signIn(ada)
  const focused = () => page.evaluate('(document.activeElement.ariaLabel ?? document.activeElement.innerText).trim()')
  await pages.button('Sign out everywhere …').press('Enter')
  // The focus is not on the button that confirms: the key may still be down.
  expect(await focused()).toBe('Sign out everywhere')
  expect(await page.locator('[role=group]:focus').count()).toBe(1)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await focused()).toBe('Sign out everywhere …')

  await pages.button('Delete account …').press('Enter')
  expect(await page.locator('[type=password]:focus').count()).toBe(1)
  await pages.button('Cancel').press('Enter')
  expect(await focused()).toBe('Delete account …')

  for (const name of ['Sign out everywhere …', 'Delete account …']) {
    await pages.button(name).press('Enter')
    expect(await pages.button('Cancel').count()).toBe(1)
    await page.keyboard.press('Escape')
    expect(await focused()).toBe(name)
    expect(await pages.button('Cancel').count()).toBe(0)
  }
})
