import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { appCode, verifyAddress } from '../../support/factors.js'
import { ageProof } from '../../support/old-proof.js'
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
  await verifyAddress(stage, account)
  ;({ page, pages } = await stage.browser.fresh())
  await pages.open('/sign-in')
  await pages.signIn(account)
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

const section = () => page.getByRole('region', { name: 'Two-step verification' })

/** Every code of the app can be used again, and the session's proof is old. */
const later = async () => {
  await stage.database.query("UPDATE credentials SET updated_at = '2020-01-01' WHERE kind = 'TOTP'")
}

it('is set up with a QR code, asked for at the next sign-in, and turned off after a confirmation', async () => {
  await pages.button('Set up').click()
  await section().getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()
  const secret = (await section().locator('code').first().innerText()).replaceAll(' ', '')
  expect(secret).toMatch(/^[A-Z2-7]{32}$/)
  await pages.field('Code').fill('000000')
  await pages.button('Turn on').click()
  await sees(section(), 'This code is wrong')
  await pages.field('Code').fill(appCode(secret))
  await pages.button('Turn on').click()
  await section().getByRole('group', { name: 'Recovery codes' }).waitFor()
  const codes = await section().locator('.codes code').allInnerTexts()
  expect(codes).toHaveLength(10)
  const download = page.waitForEvent('download')
  await pages.button('Download').click()
  expect((await download).suggestedFilename()).toBe('recovery-codes.txt')
  expect(await pages.barriers()).toEqual([])
  await pages.button('I have stored them').click()
  await sees(section(), 'On, with 10 recovery codes left.')

  // The next sign-in, with a recovery code, on a device that is trusted from then on.
  await later()
  await pages.button('Sign out').click()
  await pages.who.fill(account.email)
  await pages.password.fill(account.password)
  await pages.button('Sign in').click()
  await page.getByRole('heading', { name: 'Two-step verification' }).waitFor()
  expect(await pages.barriers()).toEqual([])
  await pages.field('Code').fill('123')
  await pages.button('Continue').click()
  await sees(page.locator('form'), 'Code must be 6 digits')
  await pages.field('Code').fill(codes[0]!)
  await page.getByRole('checkbox', { name: "Don't ask again" }).check()
  await pages.button('Continue').click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await sees(section(), 'On, with 9 recovery codes left.')
  await pages.button('Sign out').click()
  await pages.signIn(account)

  // A trusted device has only the password: what is dangerous needs a code.
  await pages.button('Turn off …').click()
  await pages.button('Turn off').click()
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" })
  await dialog.waitFor()
  expect(await pages.barriers()).toEqual([])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await sees(section(), "Confirm that it's you, and try again.")
  await pages.button('Turn off').click()
  await dialog.getByRole('textbox', { name: 'Code' }).fill(appCode(secret))
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await sees(section(), 'Two-step verification is off.')
  await until('the dialog is gone', async () => (await dialog.count()) === 0)
})

it('asks for the password again when the last proof is old, and then continues', async () => {
  await ageProof(stage.database, page)
  await pages.button('Set up').click()
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" })
  await dialog.getByLabel('Password', { exact: true }).fill('not the password')
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await sees(dialog, 'This is not your password.')
  await dialog.getByLabel('Password', { exact: true }).fill(account.password)
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await section().getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()
})
