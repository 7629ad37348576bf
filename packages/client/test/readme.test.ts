import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { openPage } from '../../../test/support/browser.js'
import type { Account } from '../../../test/support/client.js'
import { addApp, appCode } from '../../../test/support/factors.js'
import { startService, type Service } from '../../../test/support/service.js'
import { until } from '../../../test/support/wait.js'
import { bundle } from './support/bundle.js'
import { startProxy } from './support/proxy.js'
import { bundleSnippet, findSnippet, readSnippets, type Snippet } from './support/snippets.js'
import { run } from './support/tabs.js'

let service: Service
let account: Account
/** A page that only creates a client, to sign in before a snippet runs. */
let empty: string

beforeAll(async () => {
  service = await startService()
  account = await service.register()
  empty = await bundle('packages/client/test/page/main.ts', { mode: 'development' })
})
afterAll(() => service.stop())

/** Runs a snippet in a page, and collects what it logs. `more` is appended to it. */
async function open(snippet: Snippet, { body = '', more = '', isSignedIn = false } = {}) {
  const script = (path: string) => `<head><script type="module" src="${path}"></script></head>`
  const html = (content: string) => ({ type: 'text/html', body: `<!doctype html>${content}` })
  const javascript = (code: string) => ({ type: 'text/javascript', body: code })
  const proxy = await startProxy(service.url, {
    '/empty': html(script('/empty.js')),
    '/empty.js': javascript(empty),
    '/page': html(`${script('/page.js')}${body}`),
    '/page.js': javascript(await bundleSnippet(snippet, more)),
    '/sign-in': html('<p>Sign in</p>'),
    '/': html('<p>Home</p>'),
    '/favicon.ico': { type: 'image/x-icon', body: '' },
  })
  const browser = await openPage()
  const { page, complaints } = browser
  onTestFinished(async () => {
    await browser.close()
    await proxy.close()
  })
  if (isSignedIn) {
    await page.goto(`${proxy.origin}/empty`)
    await page.waitForSelector('input')
    await signIn(page)
  }
  const logged: string[] = []
  page.on('console', (message) => logged.push(message.text()))
  await page.goto(`${proxy.origin}/page`)
  return { page, proxy, logged, complaints }
}

const signIn = (page: Page) =>
  run(page, `client.login(${JSON.stringify({ email: account.email, password: account.password })})`)

const revokeAll = async () => service.succeed('mutation { logoutAll }', {}, (await service.login(account)).token)

it('covers every program of the README', () => {
  expect(readSnippets().map(({ heading, language }) => `${heading}: ${language}`)).toEqual([
    'Quick start: ts',
    'Develop next to `npm start`: js',
    'Calls: ts',
    'Calls: ts',
    'Codes by mail: ts',
    'Sign-in with providers: ts',
    'Staying signed in, and being signed out: ts',
    'Following the account: ts',
    'Consents: ts',
    'Notifications: ts',
    'Two-step verification: ts',
    'Passkeys: ts',
    'DPoP: ts',
    'Who is signed in: tsx',
    'On a server that renders pages: ts',
    'Your own API: js',
    'With tokens in memory: ts',
    'With tokens in memory: ts',
    'With cookies: ts',
    'A username field: ts',
    'In React: tsx',
    'Errors: ts',
  ])
})

it('completes a sign-in with a code', async () => {
  const user = await addApp(service, await service.signUp())
  const { email, password, secret } = user
  const snippet = findSnippet('Two-step verification', 0, {
    'ada@example.com': email,
    'correct horse': password,
    "prompt('The code of your authenticator app')": JSON.stringify(appCode(secret)),
  })
  const { logged, complaints } = await open(snippet, { more: 'console.log((await client.profile()).email)' })
  await until('it is signed in', () => logged.includes(email))
  expect(complaints).toEqual([])
})

it('binds a session to a key', async () => {
  const { email, password } = await service.register()
  const snippet = findSnippet('DPoP', 0, {
    'ada@example.com': email,
    'correct horse': password,
    'https://auth.example.com/graphql': '/graphql',
    'https://api.example.com/me': '/me',
  })
  const { logged, proxy } = await open(snippet, { more: 'console.log((await client.profile()).email)' })
  await until('it has used the session', () => logged.includes(email))
  expect(proxy.of('profile').at(-1)?.headers).toMatchObject({
    authorization: expect.stringMatching(/^DPoP /) as string,
    dpop: expect.any(String) as string,
  })
})

it('runs the quick start', async () => {
  const { logged, complaints } = await open(
    findSnippet('Quick start', 0, { 'https://auth.example.com/graphql': '/graphql' }),
    { more: `console.log('done')` },
  )
  await until('it is done', () => logged.includes('done'))
  expect(logged).toEqual(['ada@example.com 1', 'done'])
  expect(complaints).toEqual([])
})

it('runs any other operation, such as the list of users', async () => {
  await service.app.services.accounts.roles.setRole({ email: account.email }, 'ADMIN', null)
  const { logged } = await open(findSnippet('Calls'), { isSignedIn: true })
  await until('it has logged', () => logged.length)
  expect(logged.join()).toContain(account.email)
})

it('requests a code by mail', async () => {
  const replaced = { 'ada@example.com': account.email }
  const { complaints } = await open(findSnippet('Codes by mail', 0, replaced), { body: '<form></form>' })
  await until('the mail is requested', async () => {
    const sql = "SELECT id FROM outbox WHERE user_id = ? AND type = 'mail.password_reset_requested'"
    return (await service.database.query(sql, [account.id])).length > 0
  })
  expect(complaints).toEqual([])
})

it('goes to the sign-in page when the session has expired', async () => {
  const { page } = await open(findSnippet('Staying signed in, and being signed out'), {
    isSignedIn: true,
    more: 'Object.assign(window, { client })\nawait client.profile()\ndocument.title = "ready"',
  })
  await until('the page is ready', async () => (await page.title()) === 'ready')
  await revokeAll()
  await run(page, 'client.profile().catch(() => undefined)')
  await page.waitForURL('**/sign-in?because=expired')
})

/** Renders the component that a snippet exports. */
const render = (component: string) => `
  import { createRoot } from 'react-dom/client'
  createRoot(document.querySelector('main')!).render(<${component} />)`

it('shows who is signed in, and signs out', async () => {
  const { page, complaints } = await open(findSnippet('Who is signed in'), {
    isSignedIn: true,
    body: '<main></main>',
    more: render('Account'),
  })
  await page.getByRole('button', { name: `Sign out ${account.email}` }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  expect(complaints).toEqual([])
})

it('checks a username field without a framework', async () => {
  const { page } = await open(findSnippet('A username field'), { body: '<input><output></output>' })
  await page.locator('input').pressSequentially(account.username)
  await page.locator('output:has-text("taken")').waitFor()
  await page.locator('input').fill('ab')
  await page.locator('output:has-text("3 characters")').waitFor()
  await page.locator('input').fill('')
  expect(await page.textContent('output')).toBe('')
})

it('checks a username field in React, and takes a suggestion', async () => {
  const { page, complaints } = await open(findSnippet('In React'), {
    body: '<main></main>',
    more: render('UsernameField'),
  })
  await page.getByLabel('Username').fill(account.username)
  const suggestion = page.getByRole('button').first()
  const name = await suggestion.textContent()
  await suggestion.click()
  expect(await page.getByLabel('Username').inputValue()).toBe(name)
  await page.getByRole('status').filter({ hasText: 'available' }).waitFor()
  expect(complaints).toEqual([])
})

it('shows why a username is unavailable', async () => {
  const { page } = await open(findSnippet('Errors'), {
    isSignedIn: true,
    more: 'Object.assign(window, { rename })\ndocument.title = "ready"',
  })
  await until('the page is ready', async () => (await page.title()) === 'ready')
  expect(await run(page, `rename('a')`)).toMatch(/3 characters/)
  expect(await run(page, `rename(${JSON.stringify((await service.register()).username)})`)).toMatch(/taken/)
  expect(await run(page, `rename(${JSON.stringify(`${account.username}-2`)})`)).toBe('Done.')
})
