import type { CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Account } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { freePort } from '../../support/free-port.js'
import { type Browser, openBrowser, type Pages } from '../../support/pages.js'
import { startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let service: Awaited<ReturnType<typeof startServiceProcess>>
let browser: Browser
let page: Page
let pages: Pages
let account: Account
/** Chromium's authenticator for tests. */
let devtools: CDPSession
let authenticatorId: string

beforeAll(async () => {
  database = await createTestDatabase()
  const port = await freePort()
  // Not 127.0.0.1: an address can't have passkeys.
  const url = `http://localhost:${port}`
  service = await startServiceProcess({
    ...{ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), WEB: 'true', PORT: String(port), APP_URL: url },
  })
  browser = await openBrowser(url)
})
afterAll(async () => {
  await browser.close()
  service.kill('SIGTERM')
  await service.finished
  await database.drop()
})
beforeEach(async () => {
  account = await service.register({ password: 'seven green bicycles' })
  ;({ page, pages } = await browser.fresh())
  devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  ;({ authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  }))
})
afterEach(() => {
  expect(browser.complaints()).toEqual([])
  expect(browser.foreign()).toEqual([])
})

const section = () => page.getByRole('region', { name: 'Passkeys' })
const credentials = async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials
/** Whether the authenticator answers what waits in a field. */
const answers = (enabled: boolean) =>
  devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled })

async function addPasskey(): Promise<void> {
  await answers(false)
  await pages.open('/sign-in')
  await pages.signIn(account)
  await answers(true)
  await pages.button('Add a passkey').click()
  await sees(section(), 'You can sign in with it from now on.')
}

async function signOut(): Promise<void> {
  await pages.button('Sign out').click()
  await pages.who.waitFor()
}

it('a passkey is added in the account, renamed, signs in without a name, and is removed', async () => {
  await addPasskey()
  const [credential] = await credentials()
  expect(credential).toMatchObject({ isResidentCredential: true, rpId: 'localhost' })

  await section()
    .getByRole('button', { name: /^Rename/ })
    .click()
  await page.getByRole('textbox', { name: 'Name of the passkey' }).fill('Work laptop')
  await pages.button('Save name').click()
  await sees(section(), 'The passkey is now Work laptop.')
  expect(await pages.barriers()).toEqual([])

  await answers(false)
  await signOut()
  await pages.button('Sign in with a passkey').waitFor()
  expect(await pages.barriers()).toEqual([])
  await answers(true)
  await pages.button('Sign in with a passkey').click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await sees(page.getByRole('main'), account.email)

  await section().getByRole('button', { name: 'Remove: Work laptop' }).click()
  await pages.button('Remove passkey').click()
  await sees(section(), 'Work laptop is removed.')
  expect(await section().getByText('Synced').count()).toBe(0)
  await until('the authenticator has forgotten it', async () => (await credentials()).length === 0)
})

it('the browser offers passkeys in the field for the name, and the one that is chosen signs in', async () => {
  await addPasskey()
  // The authenticator chooses it as soon as the field has it.
  await pages.button('Sign out').click()
  const sessions = () =>
    database.query("SELECT 1 FROM sessions WHERE user_id = ? AND amr = 'hwk,user,mfa'", [account.id])
  await until('a session has started', async () => (await sessions()).length === 1)
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await sees(page.getByRole('main'), account.email)
  await answers(false)
  await signOut()
  expect(await pages.who.getAttribute('autocomplete')).toBe('username webauthn')
})

it('a passkey that the account no longer has is refused, and the browser forgets it', async () => {
  await addPasskey()
  await database.query("DELETE FROM credentials WHERE kind = 'PASSKEY'")
  await pages.button('Sign out').click()
  await sees(page.getByRole('alert'), 'This passkey is not, or no longer, one of an account here.')
  await until('the authenticator has forgotten it', async () => (await credentials()).length === 0)
})

it('a passkey confirms who the person is, where a sign-in is too long ago', async () => {
  await addPasskey()
  await database.query('UPDATE sessions SET auth_time = auth_time - INTERVAL 11 MINUTE WHERE user_id = ?', [account.id])
  // The access token still has the time of the sign-in.
  await page.context().clearCookies({ name: /access/ })
  await section()
    .getByRole('button', { name: /^Remove/ })
    .click()
  await pages.button('Remove passkey').click()
  await sees(page.getByRole('dialog'), "Confirm that it's you")
  await page.getByRole('dialog').getByRole('button', { name: 'Use a passkey' }).click()
  await sees(section(), 'is removed.')
})
