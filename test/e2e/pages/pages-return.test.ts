import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Account, unique } from '../../support/client.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'

const PASSWORD = 'seven green bicycles'

/** A frontend that links to the pages, on an allowed origin, and another one on an origin that is not allowed. */
let app: Server
let stranger: Server
let stage: PagesService
let page: Page
let pages: Pages
let account: Account

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

async function serve(words: string): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<title>${words}</title><link rel="icon" href="data:,"><h1>${words}</h1>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

beforeAll(async () => {
  ;[app, stranger] = await Promise.all([serve('Inbox'), serve('Stranger')])
  stage = await startPagesService({ ALLOWED_ORIGINS: originOf(app) })
  account = await stage.service.register()
})
afterAll(async () => {
  await stage.stop()
  app.close()
  stranger.close()
})
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
})
afterEach(() => {
  // Chromium prints an error for the page of an unknown address.
  expect(stage.browser.complaints().filter((line) => !line.includes('status of 404'))).toEqual([])
  expect(stage.browser.foreign().filter((address) => !address.startsWith(`${originOf(app)}/`))).toEqual([])
})

const withReturn = (path: string, to: string) => `${path}?return_to=${encodeURIComponent(to)}`

async function signIn(): Promise<void> {
  await pages.who.fill(account.email)
  await pages.password.fill(account.password)
  await pages.button('Sign in').click()
}

describe('return_to', () => {
  it('leads to an allowed origin after signing in, with its query and fragment', async () => {
    const inbox = `${originOf(app)}/inbox?tab=2#latest`
    await pages.open(withReturn('/sign-in', inbox))
    await signIn()
    await page.waitForURL(inbox)
    await sees(pages.heading, 'Inbox')
    // Signed-in users do not see the form.
    await page.goto(`${stage.service.url}${withReturn('/sign-in', inbox)}`)
    await page.waitForURL(inbox)
  })

  it('is kept on the way from sign-in to sign-up', async () => {
    const inbox = `${originOf(app)}/inbox`
    await pages.open(withReturn('/sign-in', inbox))
    await page.getByRole('link', { name: 'Create an account' }).click()
    await pages.email.fill(`${unique()}@example.com`)
    await pages.username.fill(unique())
    await pages.password.fill(PASSWORD)
    await pages.button('Create account').click()
    await page.waitForURL(inbox)
  })

  it('leads to a path of the service', async () => {
    await pages.open(withReturn('/sign-in', '/account#sessions'))
    await signIn()
    await page.waitForURL(`${stage.service.url}/account#sessions`)
    await sees(pages.heading, 'Your account')
  })

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', 'the other origin'])(
    'leads to the account instead of to %s',
    async (target) => {
      await pages.open(withReturn('/sign-in', target === 'the other origin' ? originOf(stranger) : target))
      await signIn()
      await page.waitForURL(`${stage.service.url}/account`)
      await sees(pages.heading, 'Your account')
    },
  )
})

describe('an unknown address', () => {
  it('has a page with links to the other pages', async () => {
    const answer = await page.goto(`${stage.service.url}/nowhere`)
    expect(answer?.status()).toBe(404)
    await sees(pages.heading, 'Page not found')
    expect(await page.title()).toBe('Page not found · Postern')
    await page.getByRole('link', { name: 'Sign in' }).click()
    await sees(pages.heading, 'Sign in')
    expect(page.url()).toBe(`${stage.service.url}/sign-in`)
  })
})
