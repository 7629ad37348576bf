import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { codeAfter, mailsTo } from '../../support/mail-codes.js'
import { freePort } from '../../support/free-port.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

const PASSWORD = 'seven green bicycles'
const NEW_PASSWORD = 'eleven patient lighthouses'

let stage: PagesService
/** Keeps the mails. */
let folder: string
let page: Page
let pages: Pages
/** The addresses of all requests. */
let requested: string[]
/** The bodies of all requests to the API. */
let sent: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-mails-'))
  const port = await freePort()
  stage = await startPagesService({ PORT: String(port), APP_URL: `http://127.0.0.1:${port}`, MAIL_DIR: folder })
})
afterAll(async () => {
  await stage.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
  requested = []
  sent = []
  page.on('request', (request) => {
    requested.push(request.url(), request.headers()['referer'] ?? '')
    sent.push(request.postData() ?? '')
  })
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

const linkTo = (path: string, parameters: Record<string, string>) =>
  `${path}#${new URLSearchParams(parameters).toString()}`
const codeTo = async (email: string): Promise<string> =>
  (await until('the mail is requested', async () => (await mailsTo(stage, email))[0])).code

/** No server, log or history has the code: it is neither in the address bar nor in a request's address. */
async function expectHidden(code: string): Promise<void> {
  expect(page.url()).not.toContain(code)
  expect(await page.evaluate('JSON.stringify(history.state)')).not.toContain(code)
  expect(requested.filter((address) => address.includes(code))).toEqual([])
}

describe('a mail that verifies an address', () => {
  it('needs one click, and leaves no code in an address', async () => {
    const email = `${unique()}@example.com`
    await pages.open()
    await pages.email.fill(email)
    await pages.username.fill(unique())
    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await sees(page.locator('#email'), 'Not verified yet')
    const code = await codeTo(email)
    const mail = await until('the mail arrives', async () => {
      await page.goto(`${stage.service.url}/mail`)
      return (await page.getByRole('row', { name: email }).getByRole('link').all())[0]
    })
    await mail.click()
    requested = []
    await page.frameLocator('iframe').getByRole('link').first().click()
    await sees(pages.heading, 'Verify your email address')
    await expectHidden(code)
    // Programs that scan mails open links, too.
    expect(sent.filter((body) => body.includes('verifyEmail'))).toEqual([])
    expect(await pages.barriers()).toEqual([])
    await pages.button('Verify address').click()
    await sees(pages.heading, 'Your account')
    await expectHidden(code)
    expect(await page.getByText('Not verified yet').count()).toBe(0)
  })

  it('says that a code is wrong, and sends another one', async () => {
    const { email } = await stage.service.register({ password: PASSWORD })
    await pages.open(linkTo('/verify-email', { email, code: '00000000' }))
    await pages.button('Verify address').click()
    await sees(page.locator('form'), 'no longer valid')
    const code = await codeAfter(stage, email, () => pages.button('Send a new code').click())
    await sees(page.locator('main'), 'a new code is on its way')
    await pages.field('Code').fill(`${code.slice(0, 4)} ${code.slice(4)}`)
    await pages.button('Verify address').click()
    await sees(page.locator('main'), 'Your email address is verified')
  })
})

describe('a forgotten password', () => {
  it('is replaced by the code of a mail', async () => {
    const { email } = await stage.service.register({ password: PASSWORD })
    await pages.open('/sign-in')
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    expect(await pages.barriers()).toEqual([])
    await pages.email.fill(email)
    const code = await codeAfter(stage, email, () => pages.button('Send code').click())
    await sees(page.locator('main'), 'a mail with a code is on its way')
    await pages.open(linkTo('/reset-password', { email, code }))
    await expectHidden(code)
    await pages.field('New password').fill(email)
    await pages.button('Change password').click()
    await sees(page.locator('form'), 'easy to guess')
    expect(await pages.barriers()).toEqual([])
    await pages.field('New password').fill(NEW_PASSWORD)
    await pages.button('Change password').click()
    await sees(page.locator('main'), 'Your password is changed')
    await expectHidden(code)
    await pages.signIn({ email, password: NEW_PASSWORD })
  })

  it('has fields that password managers understand', async () => {
    await pages.open('/reset-password')
    const inputs = await page.evaluate(
      `[...document.querySelectorAll('input')].map(({ name, autocomplete }) => name + ' ' + autocomplete)`,
    )
    expect(inputs).toEqual(['email username', 'code one-time-code', 'newPassword new-password'])
  })
})

describe('a new email address', () => {
  it('is confirmed by the code of a mail', async () => {
    const account = await stage.service.register({ password: PASSWORD })
    const newEmail = `${unique()}@example.com`
    await pages.open('/sign-in')
    await pages.signIn(account)
    await pages.button('Change address …').click()
    await pages.field('New email address').fill(newEmail)
    await pages.field('Your password').fill(PASSWORD)
    expect(await pages.barriers()).toEqual([])
    const code = await codeAfter(stage, newEmail, () => pages.button('Send code').click())
    await sees(page.locator('#email'), `We have sent a code to ${newEmail}`)
    expect(await pages.barriers()).toEqual([])
    await pages.field('Code').fill(code)
    await pages.button('Change address').click()
    await sees(page.locator('#email'), 'All other devices were signed out')
    await sees(page.locator('#email'), newEmail)
  })

  it('is confirmed after a sign-in, if the link is opened in another browser', async () => {
    const account = await stage.service.signUp({ password: PASSWORD })
    const newEmail = `${unique()}@example.com`
    const code = await codeAfter(stage, newEmail, () =>
      stage.service.succeed(
        'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }',
        { input: { newEmail, password: PASSWORD } },
        account.token,
      ),
    )
    await pages.open(linkTo('/change-email', { code }))
    await sees(page.locator('main'), 'Sign in to confirm')
    await pages.who.fill(account.email)
    await pages.password.fill(PASSWORD)
    await pages.button('Sign in').click()
    await sees(pages.heading, 'Confirm your new email address')
    expect(await pages.barriers()).toEqual([])
    await pages.button('Change address').click()
    await sees(page.locator('#email'), newEmail)
    await expectHidden(code)
  })
})
