import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ACCESS, DEVICE, page as fromPage, REFRESH, send, signInFrom } from '../../support/cookies.js'
import { addApp, appCode, wrongOf } from '../../support/factors.js'
import { otherSession, useNextjs } from '../../support/nextjs.js'
import { root } from '../../support/packed.js'
import { until } from '../../support/wait.js'

const nextjs = useNextjs()

const cookieNames = async () => (await nextjs.browser.page.context().cookies()).map(({ name }) => name).sort()
const isFromBrowser = ({ headers }: { headers: Record<string, unknown> }) => headers['x-forwarded-host'] !== undefined
const refreshes = () => nextjs.proxy.of('refreshToken(')
const profile = () => nextjs.browser.page.getByRole('definition').first()

async function signIn() {
  const { page } = nextjs.browser
  await page.goto(`${nextjs.app.url}/account`)
  await page.waitForURL(`${nextjs.app.url}/sign-in?return_to=%2Faccount`)
  await page.getByLabel('Email address').fill(nextjs.account.email)
  await page.getByLabel('Password').fill(nextjs.account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${nextjs.app.url}/account`)
  await profile().waitFor()
  return page
}

const open = async (cookie: string) => {
  const response = await fetch(`${nextjs.app.url}/account`, { headers: { cookie }, redirect: 'manual' })
  return { status: response.status, headers: response.headers, html: await response.text() }
}

it('redirects a visitor without cookies before anything renders', async () => {
  const before = nextjs.proxy.calls.length
  const { status, headers } = await open('')
  expect([status, headers.get('location')]).toEqual([307, '/sign-in?return_to=%2Faccount'])
  expect(nextjs.proxy.calls).toHaveLength(before)
})

it('shows a wrong password as an error, and no path to another site as the way back', async () => {
  const { page } = nextjs.browser
  await page.goto(`${nextjs.app.url}/sign-in?return_to=//evil.example`)
  await page.getByLabel('Email address').fill(nextjs.account.email)
  await page.getByLabel('Password').fill('wrong password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor()
  expect(await cookieNames()).toEqual([])
  await page.getByLabel('Email address').fill(nextjs.account.email)
  await page.getByLabel('Password').fill(nextjs.account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(`${nextjs.app.url}/account`)
})

it('signs in, renders the profile on the server and knows the user in the browser', async () => {
  const page = await signIn()
  expect(await profile().textContent()).toBe(nextjs.account.email)
  expect(await cookieNames()).toEqual([ACCESS, DEVICE, REFRESH])
  await page.getByRole('banner').getByText(nextjs.account.email).waitFor()

  const { headers, html } = await open((await otherSession(nextjs)).cookie)
  expect(html).toContain(nextjs.account.email)
  expect(headers.get('cache-control')).toMatch(/no-store/)
  expect(await (await fetch(nextjs.app.url)).text()).not.toContain(nextjs.account.email)
})

it('gives visitors who load the page at the same time their own data, and caches none of it', async () => {
  const other = await nextjs.service.register()
  const visitors = await Promise.all(
    [nextjs.account, other].map(async (visitor) => ({
      email: visitor.email,
      cookie: (await signInFrom(nextjs.service.url, fromPage(nextjs.service.url), visitor)).cookie,
    })),
  )
  const turns = Array.from({ length: 5 }, () => visitors).flat()
  const pages = await Promise.all(turns.map(({ cookie }) => open(cookie)))
  const emails = pages.map(({ html }) => visitors.filter(({ email }) => html.includes(email)).map(({ email }) => email))
  expect(emails).toEqual(turns.map(({ email }) => [email]))
})

it('renders a page that uses the client for each request, not at build time', async () => {
  const calls = () => nextjs.proxy.of('{policy').length
  for (let i = 0; i < 2; i++) {
    const before = calls()
    expect(await (await fetch(`${nextjs.app.url}/rules`)).text()).toMatch(/At least .*8.* characters/)
    expect(calls()).toBe(before + 1)
  }
})

it('calls the API of the app with the cookie', async () => {
  const page = await signIn()
  await page.getByRole('button', { name: 'Call the API' }).click()
  const output = page.getByRole('status').filter({ hasText: /\w/ })
  expect(JSON.parse((await output.textContent()) ?? '')).toEqual({ id: nextjs.account.id, roles: ['USER'] })
})

it('refreshes in the browser when the access token has expired, and never on the server', async () => {
  const page = await signIn()
  await until('the access cookie expires', async () => !(await cookieNames()).includes(ACCESS))
  const before = refreshes().length
  await page.reload()
  await profile().waitFor()
  expect(await profile().textContent()).toBe(nextjs.account.email)
  expect(refreshes()).toHaveLength(before + 1)
  expect(refreshes().every(isFromBrowser)).toBe(true)
  expect(await cookieNames()).toEqual([ACCESS, DEVICE, REFRESH])
})

it('sends no refresh for an expired token, so that the refresh token stays good', async () => {
  const { cookie, access, headers } = nextjs.older
  await until('the token expires', async () => (await nextjs.service.graphql('{ profile { id } }', {}, access)).code)
  const before = nextjs.proxy.calls.length
  const { html } = await open(cookie)
  expect(html).toContain('Loading your account')
  const sent = nextjs.proxy.calls.slice(before)
  expect(sent.map(({ headers: { authorization } }) => authorization)).toEqual([`Bearer ${access}`])
  expect(sent.every(({ headers: { cookie } }) => cookie === undefined)).toBe(true)

  const refreshed = await send(nextjs.app.url, 'mutation { refreshToken(token: "") { expiresAt } }', { headers })
  expect(refreshed.data).toEqual({ refreshToken: { expiresAt: expect.any(String) as string } })
})

it('lets a signed-in visitor in who follows a link from another site', async () => {
  const page = await signIn()
  // Another site than 127.0.0.1: the browser sends no SameSite=Strict cookies with this navigation.
  await page.goto(`${nextjs.proxy.origin.replace('127.0.0.1', 'localhost')}/link`)
  await page.getByRole('link').click()
  await page.waitForURL(`${nextjs.app.url}/account`)
  await profile().waitFor()
})

it('asks to sign in when the session was ended elsewhere', async () => {
  const page = await signIn()
  await nextjs.service.succeed('mutation { logoutAll }', {}, (await nextjs.service.login(nextjs.account)).token)
  await page.reload()
  await page.waitForURL(`${nextjs.app.url}/sign-in`)
})

it('signs out, and the API refuses the token from then on', async () => {
  const page = await signIn()
  const access = (await page.context().cookies()).find(({ name }) => name === ACCESS)!.value
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${nextjs.app.url}/sign-in`)
  expect(await cookieNames()).toEqual([DEVICE])
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).waitFor()
  const refused = await until('the API refuses the token', async () => {
    const response = await fetch(`${nextjs.app.url}/api/me`, { headers: { authorization: `Bearer ${access}` } })
    return response.status === 401 && response.json()
  })
  expect(refused).toMatchObject({ code: expect.stringMatching(/revoked|expired/) as string })
  await page.goto(`${nextjs.app.url}/account`)
  await page.waitForURL(`${nextjs.app.url}/sign-in?return_to=%2Faccount`)
})

it('verifies tokens in the Edge Runtime, and refuses one at once after the logout', async () => {
  const { access, headers } = await otherSession(nextjs)
  const call = async (headers: Record<string, string>) => {
    const response = await fetch(`${nextjs.app.url}/api/edge`, { headers })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const known = { status: 200, body: { id: nextjs.account.id, roles: ['USER'], revocationChecked: true } }
  expect(await call(headers)).toEqual(known)
  expect(await call({ authorization: `Bearer ${access}` })).toEqual(known)
  expect(await call({ ...headers, origin: 'https://evil.example' })).toMatchObject({ status: 403 })
  await nextjs.service.succeed('mutation { logout }', {}, access)
  const refused = await call({ authorization: `Bearer ${access}` })
  expect(refused).toMatchObject({ status: 401, body: { code: expect.stringMatching(/revoked|expired/) as string } })
})

it('refuses API requests that another site could have sent', async () => {
  const { cookie, headers } = await otherSession(nextjs)
  const call = (more: Record<string, string>) => fetch(`${nextjs.app.url}/api/me`, { headers: { cookie, ...more } })
  expect((await call(headers)).status).toBe(200)
  expect((await call({ 'x-postern-cookies': '1', 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  expect((await call({})).status).toBe(403)
  expect((await call(fromPage('https://evil.example'))).status).toBe(403)
})

it('could forward the cookie instead of the token, with the headers that the README shows', async () => {
  const { access } = await otherSession(nextjs)
  const readme = readFileSync(join(root, 'examples/nextjs/README.md'), 'utf8')
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const module = `export default (token) => { ${code.replace('http://localhost:3000', nextjs.app.url)}; return headers }`
  const { default: makeHeaders } = (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`
  )) as { default: (token: string) => Record<string, string> }
  const headers = makeHeaders(access)
  const { data } = await send(nextjs.service.url, '{ profile { id } }', { headers })
  expect(data).toEqual({ profile: { id: nextjs.account.id } })
  for (const name of ['x-postern-cookies', 'origin']) {
    const fewer = Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
    expect((await send(nextjs.service.url, '{ profile { id } }', { headers: fewer })).code).toBe('UNAUTHENTICATED')
  }
})

it('asks for the code of an account with two-step verification', async () => {
  const { service, database, app, browser } = nextjs
  const account = await service.register()
  const user = { ...account, ...(await service.login(account)) }
  const { secret } = await addApp({ ...service, database }, user)
  const { page } = browser
  await page.goto(`${app.url}/sign-in?return_to=/account`)
  await page.getByLabel('Email address').fill(account.email)
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  const code = page.getByLabel('Code of your authenticator app')
  await code.fill(wrongOf(appCode(secret)))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor()
  await code.fill(appCode(secret))
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.url}/account`)
  await until('the profile is shown', async () => (await profile().textContent()) === account.email)
})
