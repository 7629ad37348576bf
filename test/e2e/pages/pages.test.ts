import type { Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

const PASSWORD = 'seven green bicycles'
const PROFILE = '{ profile { username } }'

let stage: PagesService
let page: Page
let pages: Pages

beforeAll(async () => {
  stage = await startPagesService()
})
afterAll(() => stage.stop())
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

/** Signs up by the form with an available username. */
async function signUp(username = unique()) {
  const account = { email: `${unique()}@example.com`, password: PASSWORD, username }
  await pages.open()
  await pages.email.fill(account.email)
  await pages.username.fill(username)
  await pages.password.fill(PASSWORD)
  await pages.button('Create account').click()
  await sees(pages.heading, 'Your account')
  return account
}

describe('sign-up', () => {
  it('refuses a taken username, offers an available one, and signs in with it', async () => {
    const { username: taken } = await stage.service.register()
    await pages.open()
    await pages.username.fill(taken)
    await sees(pages.verdict, 'This username is taken.')
    const suggestion = (await pages.suggestions.first().textContent()) ?? ''
    await pages.suggestions.first().click()
    expect(await pages.username.inputValue()).toBe(suggestion)
    await sees(pages.verdict, 'This username is available.')

    const email = `${unique()}@example.com`
    await pages.email.fill(email)
    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await sees(pages.heading, 'Your account')
    expect(new URL(page.url()).pathname).toBe('/account')
    expect(await pages.username.inputValue()).toBe(suggestion)

    // Scripts cannot read the tokens, and nothing else is stored.
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0)
    const { token } = await stage.service.login({ email, password: PASSWORD })
    expect((await stage.service.succeed(PROFILE, {}, token)).profile).toEqual({ username: suggestion })
  })

  it('works with the keyboard alone, including suggestions', async () => {
    const { username: taken } = await stage.service.register()
    const { keyboard } = page
    const isFocused = (what: string) => page.locator(`${what}:focus`).count()
    await pages.open()
    await until('the first field has the focus', () => isFocused('[type=email]'))
    await keyboard.type(`${unique()}@example.com`)
    await keyboard.press('Tab')
    await keyboard.type(taken)
    await sees(pages.verdict, 'This username is taken.')
    await keyboard.press('Tab')
    const suggestion = await page.locator(':focus').textContent()
    await keyboard.press('Enter')
    expect(await pages.username.inputValue()).toBe(suggestion)
    expect(await isFocused('[autocomplete=username]')).toBe(1)
    await sees(pages.verdict, 'This username is available.')
    await keyboard.press('Tab')
    await keyboard.type(PASSWORD)
    await keyboard.press('Enter')
    await sees(pages.heading, 'Your account')
    // A screen reader starts here, as on a newly loaded page.
    await until('the heading has the focus', () => isFocused('h1'))
  })

  it('never shows the answer to an earlier keystroke', async () => {
    const { username: taken } = await stage.service.register()
    const held: Route[] = []
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes(`"${taken}"`)) held.push(route)
      else await route.continue()
    })
    await pages.open()
    await pages.username.fill(taken)
    await until('the first username is being checked', () => held.length > 0)
    await pages.username.pressSequentially('xyz')
    await sees(pages.verdict, 'This username is available.')
    for (const route of held) await route.continue().catch(() => undefined)
    const { url } = stage.service
    await page.evaluate((address) => fetch(address), `${url}/health/live`)
    await sees(pages.verdict, 'This username is available.')
    expect(await pages.suggestions.count()).toBe(0)
  })

  it('shows each problem at its field, and focuses the first', async () => {
    const { email, username } = await stage.service.register()
    await pages.open()
    await pages.button('Create account').click()
    await sees(page.locator('form'), /Enter your email address.+Choose a username.+Choose a password/)
    expect(await page.locator('[type=email]:focus').count()).toBe(1)

    await pages.email.fill(email)
    await pages.username.fill(unique())
    await pages.password.fill('password123')
    await sees(page.locator('.strength'), 'easy to guess')
    await pages.button('Create account').click()
    await sees(page.locator('form'), 'This password is easy to guess. Choose another one.')

    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await sees(page.locator('form'), 'There is already an account with this address. Sign in instead')

    await pages.email.fill(`${unique()}@example.com`)
    await pages.username.fill(username)
    await sees(pages.verdict, 'taken')
    await pages.button('Create account').click()
    expect(await page.locator('[autocomplete=username]:focus').count()).toBe(1)
  })

  it('shows all fields that the service refuses at once', async () => {
    const { email, username } = await stage.service.register()
    await pages.open()
    await pages.email.fill(email)
    await pages.password.fill('password123')
    // Checks get no answer, so that the form is submitted before it knows that the username is taken.
    const checks = await page.route('**/graphql', (route) =>
      route.request().postData()?.includes('checkUsername') ? undefined : route.continue(),
    )
    await pages.username.fill(username)
    await pages.button('Create account').click()
    await sees(page.locator('form'), 'There is already an account with this address.')
    await sees(page.locator('form'), /taken.*easy to guess/)
    expect(await page.locator('[aria-invalid=true]').count()).toBe(3)
    expect(await page.locator('[type=email]:focus').count()).toBe(1)
    await checks.dispose()
  })

  it('offers new usernames when another user was faster', async () => {
    const name = unique()
    await pages.open()
    await pages.email.fill(`${unique()}@example.com`)
    await pages.username.fill(name)
    await pages.password.fill(PASSWORD)
    await sees(pages.verdict, 'This username is available.')
    await stage.service.register({ username: name })
    await pages.button('Create account').click()
    await sees(pages.verdict, 'taken')
    await pages.suggestions.first().waitFor()
  })

  it('registers once, no matter how often the button is clicked', async () => {
    await pages.open()
    await pages.email.fill(`${unique()}@example.com`)
    await pages.username.fill(unique())
    await pages.password.fill(PASSWORD)
    const registrations: string[] = []
    page.on('request', (request) => {
      if (request.postData()?.includes('register(')) registrations.push(request.url())
    })
    // All clicks in one turn of the event loop, before the page can disable the button.
    await page.evaluate('for (let i = 0; i < 5; i++) document.querySelector("[type=submit]").click()')
    await sees(pages.heading, 'Your account')
    expect(registrations).toHaveLength(1)
  })
})

describe('sign-in', () => {
  it('refuses a wrong password in one sentence, and accepts an email address or a username', async () => {
    const { email, username, password } = await stage.service.register()
    await pages.open('/sign-in')
    await pages.who.fill(username)
    await pages.password.fill('something else')
    await pages.button('Sign in').click()
    await sees(page.locator('form'), "The password doesn't match this email address or username.")
    await until('the password has the focus', () => page.locator('[autocomplete=current-password]:focus').count())
    expect(await pages.who.inputValue()).toBe(username)
    await pages.signIn({ email: username, password })
    await pages.button('Sign out').first().click()
    await sees(page.getByRole('status').last(), 'You are signed out.')
    await pages.signIn({ email, password })
  })

  it('explains why it is needed, and leads back to the requested section of the account', async () => {
    const account = await stage.service.register()
    await pages.open('/account#sessions')
    await sees(pages.heading, 'Sign in')
    await sees(page.getByRole('status').last(), 'Sign in to see your account.')
    await pages.signIn(account)
    expect(page.url()).toBe(`${stage.service.url}/account#sessions`)
    const isThere = () => page.locator('h2:focus', { hasText: 'Sessions' }).count()
    await page.setViewportSize({ width: 1000, height: 400 })
    for (const again of [false, true]) {
      if (again) await page.reload()
      await until('the section has the focus', isThere)
      // Playwright would scroll to the element that it looks for.
      const top = 'document.querySelector("#sessions").getBoundingClientRect().top'
      await until('it is in view', async () => Number(await page.evaluate(top)) < 200)
    }
    // Signed-in users do not need the forms.
    for (const path of ['/', '/sign-in']) {
      await page.goto(`${stage.service.url}${path}`)
      await page.waitForURL('**/account')
    }
  })

  it('appears in every tab when one of them signs out', async () => {
    await signUp()
    const other = await page.context().newPage()
    await other.goto(`${stage.service.url}/account`)
    await other.getByRole('button', { name: 'Sign out', exact: true }).first().click()
    await page.waitForURL('**/sign-in')
    // Whatever comes first: the message of the other tab, or that of the service.
    await sees(page.locator('main'), /You (?:are|were) signed out\./)
  })

  it('shows the account of the browser’s cookies after another tab has signed in as another user', async () => {
    await signUp()
    const stranger = await stage.service.register()
    const other = await page.context().newPage()
    await other.goto(`${stage.service.url}/account`)
    await other.getByRole('button', { name: 'Sign out', exact: true }).first().click()
    await other.getByRole('textbox', { name: 'Email address or username' }).fill(stranger.email)
    await other.getByRole('textbox', { name: 'Password' }).fill(stranger.password)
    await other.getByRole('button', { name: 'Sign in', exact: true }).click()
    await sees(other.getByRole('heading', { level: 1 }), 'Your account')
    // Headless, all tabs are visible all the time.
    await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    await sees(page.locator('.account-head'), stranger.email)
    expect(await pages.username.inputValue()).toBe(stranger.username)
  })
})
