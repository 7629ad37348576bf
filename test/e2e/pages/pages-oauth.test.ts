import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { freePort } from '../../support/free-port.js'
import { type OpenIdServer, startOpenIdServer } from '../../support/openid-server.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'

let acme: OpenIdServer
let second: OpenIdServer
let stage: PagesService

beforeAll(async () => {
  const port = await freePort()
  const APP_URL = `http://127.0.0.1:${port}`
  // Another site than the service, as real providers are: the browser brings no SameSite=Strict cookie back from it.
  const start = (name: string) =>
    startOpenIdServer({ redirectUris: [`${APP_URL}/oauth/${name}/callback`], host: 'localhost' })
  ;[acme, second] = await Promise.all([start('acme'), start('second')])
  const variables = (name: string, { issuer, client }: OpenIdServer) => ({
    [`OIDC_${name}_ISSUER`]: issuer,
    [`OIDC_${name}_CLIENT_ID`]: client.client_id,
    [`OIDC_${name}_CLIENT_SECRET`]: client.client_secret,
  })
  stage = await startPagesService({
    ...{ PORT: String(port), APP_URL, OIDC_ACME_LABEL: 'Acme SSO', OIDC_SECOND_LABEL: 'Second' },
    ...{ ...variables('ACME', acme), ...variables('SECOND', second) },
  })
})
afterAll(async () => {
  await stage.stop()
  await Promise.all([acme.stop(), second.stop()])
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  // The browser goes to the providers, and the pages load nothing from them.
  const others = stage.browser.foreign().filter((url) => ![acme, second].some(({ origin }) => url.startsWith(origin)))
  expect(others).toEqual([])
})

it('a person signs up with a provider, adds another one, and removes the first', async () => {
  const { page, pages } = await stage.browser.fresh()
  const email = `${unique()}@example.com`
  acme.become(unique(), { email, email_verified: true })
  await pages.open('/sign-in?return_to=/account%23sign-in-methods')
  const button = page.getByRole('link', { name: 'Continue with Acme SSO', exact: true })
  await button.waitFor()
  expect(await pages.barriers()).toEqual([])
  await button.click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/account')
  await page.getByText(email).first().waitFor()

  const methods = page.locator('#sign-in-methods')
  await methods.getByText('Acme SSO', { exact: true }).waitFor()
  expect(await pages.barriers()).toEqual([])
  // There is no password, so it is the last way to sign in.
  await pages.button('Remove Acme SSO').click()
  await methods.getByText('This is the only way to sign in').waitFor()

  second.become(unique(), { email: 'elsewhere@example.org', email_verified: false })
  await methods.getByRole('button', { name: 'Add Second', exact: true }).click()
  await methods.getByText('elsewhere@example.org').waitFor()
  await pages.button('Remove Acme SSO').click()
  await methods.getByText('Acme SSO is removed.').waitFor()

  await pages.button('Sign out').click()
  await page.getByRole('link', { name: 'Continue with Second', exact: true }).click()
  await page.getByRole('heading', { name: 'Your account' }).waitFor()
  await page.getByText(email).first().waitFor()
})

it('a person whose address the provider does not vouch for is told what to do', async () => {
  const { page, pages } = await stage.browser.fresh()
  acme.become(unique(), { email: `${unique()}@example.com`, email_verified: false })
  await pages.open('/sign-in')
  await page.getByRole('link', { name: 'Continue with Acme SSO', exact: true }).click()
  await page.getByText('This account is not linked yet.').waitFor()
  expect(page.url()).toMatch(/\/sign-in$/)
  expect(await pages.barriers()).toEqual([])
})
