import type { CDPSession, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

const PASSWORD = 'seven green bicycles'

let stage: PagesService
let page: Page
let pages: Pages
/** The bodies of all requests to the API. */
let sent: string[]

beforeAll(async () => {
  stage = await startPagesService()
})
afterAll(() => stage.stop())
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
  sent = []
  page.on('request', (request) => sent.push(request.postData() ?? ''))
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
})

/** As browsers and password managers do that set a value and fire no event. */
const fillSilently = (field: Locator, text: string) =>
  field.evaluate((input, value) => {
    ;(input as unknown as { value: string }).value = value
  }, text)

const checks = () => sent.filter((body) => body.includes('checkUsernameAvailability'))

describe('every input', () => {
  const describeInputs = () =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('input')].map((input) =>
        [input.name, input.autocomplete, input.labels?.length || input.hidden ? 'labelled' : 'unlabelled'].join(' '))`,
    )

  it('has a name, a label and a token for autofill', async () => {
    await pages.open()
    expect(await describeInputs()).toEqual([
      'email email labelled',
      'username username labelled',
      'password new-password labelled',
    ])
    await pages.open('/sign-in')
    expect(await describeInputs()).toEqual([
      'username username webauthn labelled',
      'password current-password labelled',
    ])
    await pages.signIn(await stage.service.register({ password: PASSWORD }))
    await page.getByRole('button', { name: 'Delete account …' }).click()
    expect(await describeInputs()).toEqual([
      'firstName given-name labelled',
      'lastName family-name labelled',
      'phoneNumber tel labelled',
      'username username labelled',
      'username username labelled',
      'oldPassword current-password labelled',
      'newPassword new-password labelled',
      'username username labelled',
      'password current-password labelled',
      'sure  labelled',
    ])
  })
})

describe('what a browser fills in without an event', () => {
  it('signs in', async () => {
    const { email } = await stage.service.register({ password: PASSWORD })
    await pages.open('/sign-in')
    await fillSilently(pages.who, `\u3000${email}\u200b`)
    await fillSilently(pages.password, PASSWORD)
    await pages.button('Sign in').click()
    await sees(pages.heading, 'Your account')
  })

  it('stays when another field is typed into, and signs up', async () => {
    const [email, username] = [`${unique()}@example.com`, unique()]
    await pages.open()
    await fillSilently(pages.email, email)
    await pages.password.pressSequentially('short')
    await pages.button('Create account').click()
    await sees(page.locator('form'), 'Choose a username.')
    expect(await pages.email.inputValue()).toBe(email)
    await fillSilently(pages.username, username)
    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await sees(pages.heading, 'Your account')
    expect(await pages.username.inputValue()).toBe(username)
  })

  it('is checked like what is typed', async () => {
    await pages.open()
    await fillSilently(pages.email, 'ada')
    await fillSilently(pages.username, 'no spaces')
    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await sees(page.locator('form'), /address like ada@example.com.+Username can contain only/)
    expect(sent.join('\n')).not.toContain('register')
  })

  it('is saved in the profile', async () => {
    const account = await stage.service.register({ password: PASSWORD })
    await pages.open('/sign-in')
    await pages.signIn(account)
    await fillSilently(pages.field('First name'), 'Ada')
    await pages.field('Last name').fill('Lovelace')
    await pages.button('Save profile').click()
    await sees(page.getByRole('region', { name: 'Profile' }), 'Saved.')
    const { token } = await stage.service.login(account)
    const { profile } = await stage.service.succeed('{ profile { firstName lastName } }', {}, token)
    expect(profile).toEqual({ firstName: 'Ada', lastName: 'Lovelace' })
  })

  it('changes the password, and leaves the fields empty', async () => {
    const account = await stage.service.register({ password: PASSWORD })
    await pages.open('/sign-in')
    await pages.signIn(account)
    await fillSilently(pages.field('Current password'), PASSWORD)
    await fillSilently(pages.field('New password'), 'eight green bicycles')
    await pages.button('Change password').click()
    await sees(page.getByRole('region', { name: 'Password' }), 'Password changed.')
    expect(await pages.field('Current password').inputValue()).toBe('')
    expect(await pages.field('New password').inputValue()).toBe('')
    await stage.service.login({ ...account, password: 'eight green bicycles' })
  })
})

describe('an input method', () => {
  let keyboard: CDPSession

  beforeEach(async () => {
    keyboard = await page.context().newCDPSession(page)
  })

  const compose = (text: string) =>
    keyboard.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
  const commit = (text: string) => keyboard.send('Input.insertText', { text })

  it('can compose a username that is checked only when it is done', async () => {
    const { username: taken } = await stage.service.register()
    const free = unique()
    await page.clock.install()
    await pages.open()
    await pages.username.focus()
    for (let length = 1; length <= free.length; length++) await compose(free.slice(0, length))
    // Longer than the pause after which a text is checked.
    await page.clock.runFor(1000)
    expect(checks()).toEqual([])
    await sees(pages.verdict, '3 to 30 of')
    await commit(free)
    await sees(pages.verdict, 'This username is available.')
    expect(checks()).toHaveLength(1)

    await pages.username.fill('')
    await compose(taken)
    await commit(taken)
    await sees(pages.verdict, 'This username is taken.')
  })

  it('ends a composition with Enter, which does not submit the form', async () => {
    await pages.open('/sign-in')
    await pages.password.fill(PASSWORD)
    await pages.who.focus()
    await compose('ada')
    await page.keyboard.press('Enter')
    expect(await page.locator('[aria-invalid=true]').count()).toBe(0)
    await commit('ada')
    expect(await pages.who.inputValue()).toBe('ada')
    await page.evaluate(`fetch('/health/live')`)
    expect(sent.join('\n')).not.toContain('login')
    // The next one does.
    await page.keyboard.press('Enter')
    await until('the form is submitted', () => sent.join('\n').includes('login'))
    await sees(page.locator('form'), "doesn't match")
  })
})

describe('the sign-in page', () => {
  /** Bytes. Browsers get Brotli from https and from localhost, otherwise gzip, with which React alone takes 67,400. */
  const LIMITS = { br: 80_000, gzip: 87_000 }

  async function sizeOf(url: string, encoding: string): Promise<number> {
    const answer = await fetch(url, { headers: { 'accept-encoding': encoding } })
    await answer.arrayBuffer()
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, encoding])
    return Number(answer.headers.get('content-length'))
  }

  it('needs few scripts, and loads the page of the account while the service verifies the password', async () => {
    const { url } = stage.service
    const html = await (await fetch(`${url}/sign-in`)).text()
    const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path!)
    for (const [encoding, limit] of Object.entries(LIMITS)) {
      const sizes = await Promise.all(scripts.map((path) => sizeOf(`${url}${path}`, encoding)))
      const total = sizes.reduce((sum, size) => sum + size, 0)
      expect(total, `${encoding}: ${sizes.join(' + ')}`).toBeLessThan(limit)
      expect(total).toBeGreaterThan(limit / 2)
    }

    await pages.open('/sign-in')
    const account = page.waitForRequest(/\/assets\/signed-in-/)
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('login(')) await account
      await route.continue()
    })
    await pages.signIn(await stage.service.register({ password: PASSWORD }))
    await until('the heading has the focus', () => page.locator('h1:focus').count())
  })
})
