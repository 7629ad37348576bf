import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Account } from '../../support/client.js'
import { verifyAddress } from '../../support/factors.js'
import { freePort } from '../../support/free-port.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

let stage: PagesService
/** Keeps the mails. */
let folder: string
let account: Account
let page: Page
let pages: Pages
/** The addresses of all requests. */
let requested: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-mails-'))
  const port = await freePort()
  stage = await startPagesService({
    ...{ PORT: String(port), APP_URL: `http://127.0.0.1:${port}`, MAIL_DIR: folder },
    ...{ ACCOUNT_DELETION_GRACE: '604800', APP_NAME: 'Lighthouse', APP_LOGO_URL: '/favicon.svg' },
    ...{ APP_ACCENT_COLOR: '#ffcc00', PRIVACY_URL: 'https://example.com/privacy' },
    ...{ TERMS_VERSION: '2026-11', TERMS_URL: 'https://example.com/terms' },
    // It is shown, and never asked.
    ...{ OIDC_ACME_ISSUER: 'http://127.0.0.1:1', OIDC_ACME_CLIENT_ID: 'id', OIDC_ACME_CLIENT_SECRET: 'secret' },
  })
  account = await stage.service.register()
  // Otherwise the link that keeps the account is the first proof of its address, which ends the password.
  await verifyAddress(stage, account)
})
afterAll(async () => {
  await stage.stop()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
  requested = []
  page.on('request', (request) => requested.push(request.url()))
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

const section = (name: string) => page.getByRole('region', { name })

/** Opens the newest mail of this subject in the inbox of development, and the link in it. */
async function followMail(subject: string): Promise<void> {
  const mail = await until('the mail arrives', async () => {
    await page.goto(`${stage.service.url}/mail`)
    return (
      await page.getByRole('row', { name: account.email }).filter({ hasText: subject }).getByRole('link').all()
    )[0]
  })
  await mail.click()
  await page.frameLocator('iframe').getByRole('link').first().click()
}

describe('the pages', () => {
  it("have the operator's name, logo, colors and links, in both schemes", async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await pages.open()
      expect(await page.title()).toBe('Create your account · Lighthouse')
      await sees(page.locator('.wordmark'), 'Lighthouse')
      expect(await page.locator('.wordmark img').getAttribute('src')).toBe('/favicon.svg')
      await sees(page.locator('form'), 'you accept the terms of use')
      await page.getByRole('link', { name: 'Privacy' }).waitFor()
      expect(await pages.barriers()).toEqual([])
    }
  })

  it('ask for the invitation where it is needed, and take it from the link in a mail', async () => {
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch()
      const body = (await response.text()).replace('"registration":"OPEN"', '"registration":"INVITE"')
      await route.fulfill({ response, body })
    })
    await pages.open(
      `/#${new URLSearchParams({ invitation: 'K7QF-2M9X-41ZT-8RDN', email: 'guest@example.com' }).toString()}`,
    )
    await until(
      'the field appears',
      async () => (await pages.field('Invitation code').inputValue()) === 'K7QF-2M9X-41ZT-8RDN',
    )
    expect(await pages.email.inputValue()).toBe('guest@example.com')
    expect(page.url()).not.toContain('K7QF')
    await pages.field('Invitation code').fill('')
    await pages.button('Create account').click()
    await sees(page.locator('form'), 'Enter your invitation code.')
    expect(await pages.barriers()).toEqual([])
  })
})

it('the sign-up sends the terms that it shows along to a provider, and the sign-in none', async () => {
  const link = page.getByRole('link', { name: 'Continue with Acme' })
  await pages.open()
  const isWithTerms = async () => (await link.getAttribute('href')) === '/oauth/acme/start?terms=2026-11'
  await until('the link has the terms', isWithTerms)
  await pages.open('/sign-in')
  expect(await link.getAttribute('href')).toBe('/oauth/acme/start')
})

describe('an account', () => {
  it('is asked to accept new terms, and can go on without', async () => {
    await pages.open('/sign-in')
    await pages.signIn(account)
    await sees(page.locator('main'), 'There are new terms of use')
    expect(await pages.barriers()).toEqual([])
    await pages.button('Accept the new terms').click()
    await until('the question is gone', async () => (await pages.button('Accept the new terms').count()) === 0)
  })

  it('can be taken along as a file, at once and by a mail', async () => {
    await pages.open('/sign-in')
    await pages.signIn(account)
    const now = page.waitForEvent('download')
    await pages.button('Download your data').click()
    expect(JSON.parse(await text(await (await now).createReadStream()))).toMatchObject({ profile: { id: account.id } })

    await pages.button('Send a link by mail').click()
    await sees(section('Your data'), 'A mail with a link is on its way')
    await followMail('Your data is ready')
    await sees(pages.heading, 'Download your data')
    expect(await pages.barriers()).toEqual([])
    const later = page.waitForEvent('download')
    await pages.button('Download').click()
    expect((await later).suggestedFilename()).toMatch(/^account-data-\d{4}-\d\d-\d\d\.json$/)
    expect(requested.filter((address) => address.includes('token='))).toEqual([])
  })

  it('that is being deleted has a way back', async () => {
    await pages.open('/sign-in')
    await pages.signIn(account)
    await sees(section('Delete account'), 'The account is erased after 7 days')
    // This section is loaded on its own, and moves the button.
    await section('Two-step verification').waitFor()
    await pages.button('Delete account …').click()
    await pages.field('Your password').fill(account.password)
    await page.getByRole('checkbox').check()
    await pages.button('Delete my account').click()
    await sees(page.locator('main'), 'Your account will be deleted. To keep it, open the link in the mail')

    await pages.who.fill(account.email)
    await pages.password.fill(account.password)
    await pages.button('Sign in').click()
    await sees(page.locator('form'), 'This account is being deleted.')
    expect(await pages.barriers()).toEqual([])

    await followMail('Your account will be deleted')
    await sees(pages.heading, 'Keep your account')
    expect(await pages.barriers()).toEqual([])
    await pages.button('Keep my account').click()
    await sees(page.locator('main'), 'Your account stays.')
    expect(requested.filter((address) => address.includes('token='))).toEqual([])
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await pages.signIn(account)
  })
})
