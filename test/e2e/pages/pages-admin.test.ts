import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { LOGIN, type SignedIn, unique } from '../../support/client.js'
import { ageProof } from '../../support/old-proof.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'
import { type Receiver, startReceiver, verified, WEBHOOK_ENVIRONMENT, WEBHOOKS } from '../../support/webhooks.js'

const PROFILE = '{ profile { id } }'

let stage: PagesService
let receiver: Receiver
let admin: SignedIn
let page: Page
let pages: Pages

const promote = (email: string) => stage.database.query("UPDATE users SET role = 'ADMIN' WHERE email = ?", [email])

beforeAll(async () => {
  receiver = await startReceiver()
  stage = await startPagesService(WEBHOOK_ENVIRONMENT)
  admin = await stage.service.signUpAdmin(promote)
})
afterAll(async () => {
  await stage.stop()
  await receiver.stop()
})
beforeEach(async () => {
  ;({ page, pages } = await stage.browser.fresh())
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

/** Signs in from the page that asks for it, and waits for the page that was asked for. */
async function enter(path: string, heading: string, who: { email: string; password: string } = admin): Promise<void> {
  await pages.open(path)
  await sees(pages.heading, 'Sign in')
  await pages.who.fill(who.email)
  await pages.password.fill(who.password)
  await pages.button('Sign in').click()
  await sees(pages.heading, heading)
}

const section = (name: string) => page.getByRole('region', { name, exact: true })
const within = (place: Locator, name: string) => place.getByRole('button', { name, exact: true })
const follow = (name: string) => page.getByRole('link', { name, exact: true }).click()
const focused = () => page.evaluate('(document.activeElement.innerText ?? "").trim()')

/** Opens a question, and answers it. */
async function confirm(place: Locator, words: string, answer: string): Promise<void> {
  await within(place, words).click()
  await within(place.getByRole('group', { name: answer }), answer).click()
}

/** Finds a user by what is typed, and opens their page. */
async function openUser(text: string, { email, username }: SignedIn): Promise<void> {
  await page.getByRole('searchbox').fill(text)
  await follow(email)
  await sees(pages.heading, username)
}

it('sends visitors to the sign-in page and back to where they wanted, and is not there for other users', async () => {
  await enter('/admin/usernames', 'Usernames')
  expect(new URL(page.url()).pathname).toBe('/admin/usernames')
  expect(await page.title()).toContain('Usernames')
  await pages.button('Sign out').click()
  await sees(pages.heading, 'Sign in')
  expect(new URL(page.url()).search).toBe('')

  const scripts: string[] = []
  page.on('request', (request) => scripts.push(request.url()))
  await enter('/admin/audit', 'Page not found', await stage.service.register())
  expect(await page.title()).toContain('Page not found')
  expect(scripts.filter((address) => address.includes('Console'))).toEqual([])
  await page.getByRole('link', { name: 'Your account' }).click()
  await sees(pages.heading, 'Your account')
  expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0)
})

it('finds a user, ends a session, disables and enables the account, changes the role and protects the name', async () => {
  const user = await stage.service.signUp({ username: unique('fin') })
  const other = await stage.service.login(user)
  await pages.open('/sign-in')
  await pages.signIn(admin)
  await follow('Administration')
  await sees(pages.heading, 'Users')

  // By the beginning of the address, by the username and by the id.
  const found = page.getByRole('list', { name: 'Users found' }).getByRole('listitem')
  for (const text of [user.email.slice(0, -4).toUpperCase(), user.username, user.id]) {
    await page.getByRole('searchbox').fill(text)
    await until(`only the user is found by ${text}`, async () => {
      const rows = await found.allInnerTexts()
      return rows.length === 1 && rows[0]?.includes(user.email)
    })
  }
  await page.getByRole('searchbox').fill(unique('missing'))
  await sees(page.getByRole('status').filter({ hasText: 'No user' }), 'No user found.')
  await openUser(user.email, user)

  const sessions = section('Sessions')
  await sees(sessions, 'Last used')
  expect(await sessions.getByRole('listitem').count()).toBe(2)
  await sessions
    .getByRole('button', { name: /^End: / })
    .first()
    .click()
  await sees(sessions.getByRole('status'), 'is ended')
  expect(await focused()).toContain('is ended')
  const codes = async () =>
    (await Promise.all([user, other].map(({ token }) => stage.service.graphql(PROFILE, {}, token)))).map(
      ({ code }) => code,
    )
  await until('one of the two devices is signed out', async () => (await codes()).filter(Boolean).length === 1)
  await confirm(sessions, 'End all sessions …', 'End all sessions')
  await sees(sessions, 'The user is signed in nowhere.')
  expect(await codes()).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])

  const access = section('Access')
  await confirm(access, 'Disable account …', 'Disable account')
  await sees(access, 'The account is disabled.')
  await follow('Users')
  await sees(found, 'Disabled')
  await follow(user.email)
  const credentials = { input: { email: user.email, password: user.password } }
  expect((await stage.service.graphql(LOGIN, credentials)).code).toBe('UNAUTHENTICATED')
  await confirm(access, 'Enable account …', 'Enable account')
  await sees(access, 'Active. The user can sign in.')

  const role = section('Role')
  await confirm(role, 'Make administrator …', 'Make administrator')
  await sees(role, 'Administrator. Can use this console.')
  expect((await stage.service.succeed(LOGIN, credentials)).login.user.role).toBe('ADMIN')
  await confirm(role, 'Remove administrator role …', 'Remove administrator role')
  await sees(role, 'User. Can use their own account.')

  await confirm(section('Usernames'), 'Protect the username …', 'Protect the username')
  await sees(section('Usernames'), `${user.username} is protected.`)
  await follow('Usernames')
  const names = section('Protected usernames')
  await sees(names, user.username)
  const name = unique('vip')
  await pages.field('Username to protect').fill(name)
  await within(names, 'Protect').click()
  await sees(names.getByRole('list'), name)
  expect(await stage.service.isAvailable(name)).toBe(false)
  await confirm(names, `Remove … ${name}`, `Remove the protection of ${name}`)
  await sees(names, `${name} is not protected anymore.`)
  await sees(section('Statistics'), 'Database')

  // What was done is in the activity of the user and in the audit log, with the administrator's name.
  await follow('Users')
  await openUser(user.username, user)
  await sees(section('Recent activity'), `Role changed`)
  await sees(section('Recent activity'), `By ${admin.username}`)
  await follow('Audit log')
  await pages.field('User').fill(unique('missing'))
  await pages.button('Show entries').click()
  await sees(section('Entries'), 'There is no such user.')
  await pages.field('User').fill(user.username)
  await page.getByLabel('Action').selectOption({ label: 'Account disabled' })
  await pages.button('Show entries').click()
  const entries = page.getByRole('list', { name: 'Entries' }).getByRole('listitem')
  await until('only one entry is shown', async () => (await entries.count()) === 1)
  await sees(entries, `Account disabled`)
  await sees(entries, `Account: ${user.username}`)
  await pages.field('User').fill(admin.email)
  await page.getByLabel('Show', { exact: true }).selectOption({ label: 'What the user did' })
  await page.getByLabel('Action').selectOption({ label: 'Username protected' })
  await pages.button('Show entries').click()
  await sees(entries.first(), `Username: ${name}`)
  await entries.first().getByRole('link', { name: admin.username }).click()
  await sees(pages.heading, admin.username)
})

it('creates, tests, changes and deletes a webhook', async () => {
  await enter('/admin/webhooks', 'Webhooks')
  await pages.button('Create webhook').click()
  await sees(section('New webhook'), 'Enter the URL of the receiver.')
  await pages.field('URL').fill('http://example.com/')
  await pages.button('Create webhook').click()
  await sees(section('New webhook'), 'The URL')
  await pages.field('URL').fill(`${receiver.url}/hook`)
  await pages.field('Event types').fill('user.registered, user.deleted')
  await pages.button('Create webhook').click()
  const secret = await section('New webhook').locator('code').innerText()
  expect(secret).toMatch(/^whsec_/)
  expect(await pages.barriers()).toEqual([])
  await pages.button('I have stored it').click()
  expect(await page.getByText(secret).count()).toBe(0)

  await follow(`${receiver.url}/hook`)
  await sees(section('State'), 'user.registered, user.deleted')
  const deliveries = section('Deliveries')
  await within(deliveries, 'Send a test').click()
  const received = await until('the test arrives', () => receiver.on('/hook')[0])
  expect(verified(secret, received)).toMatchObject({ type: 'webhook.test' })
  await until('the delivery is shown', async () => {
    await within(deliveries, 'Refresh').click()
    return (await deliveries.innerText()).includes('HTTP 204')
  })
  await confirm(section('Secret'), 'New secret …', 'Create a new secret')
  await section('Secret').locator('code').waitFor()
  expect(await section('Secret').locator('code').innerText()).not.toBe(secret)
  await confirm(section('State'), 'Disable webhook …', 'Disable webhook')
  await sees(section('State'), 'The webhook is disabled.')
  await confirm(section('Delete webhook'), 'Delete webhook …', 'Delete webhook')
  await sees(pages.heading, 'Webhooks')
  await until('it is gone', async () => (await page.getByRole('link', { name: `${receiver.url}/hook` }).count()) === 0)
})

it('asks who the administrator is when the last proof is old, and then continues', async () => {
  const user = await stage.service.signUp()
  await enter(`/admin/users/${user.id}`, user.username)
  await ageProof(stage.database, page)
  await confirm(section('Access'), 'Disable account …', 'Disable account')
  const dialog = page.getByRole('dialog', { name: "Confirm that it's you" })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await sees(section('Access'), "Confirm that it's you, and try again.")
  await within(section('Access').getByRole('group'), 'Disable account').click()
  await dialog.getByLabel('Password', { exact: true }).fill(admin.password)
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await sees(section('Access'), 'The account is disabled.')
  expect(await focused()).toBe('The account is disabled.')
})

it('asks before anything happens, by keyboard too, and says what is unknown', async () => {
  const user = await stage.service.signUp()
  await enter(`/admin/users/${user.id}`, user.username)
  await within(section('Access'), 'Disable account …').press('Enter')
  expect(await page.locator('[role=group]:focus').count()).toBe(1)
  await page.keyboard.press('Escape')
  expect(await focused()).toBe('Disable account …')
  expect((await stage.service.graphql(PROFILE, {}, user.token)).code).toBeUndefined()
  await pages.open(`/admin/users/${crypto.randomUUID()}`)
  await sees(page.getByRole('alert'), 'There is no user with this id.')
  await pages.open(`/admin/webhooks/${crypto.randomUUID()}`)
  await sees(page.getByRole('alert'), 'There is no webhook with this id.')
})

it('ignores an answer that comes after a later search', async () => {
  const [early, late] = [await stage.service.signUp(), await stage.service.signUp()]
  await enter('/admin', 'Users')
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let isHeld = false
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(early.username)) return route.continue()
    isHeld = true
    await released
    await route.continue().catch(() => undefined)
  })
  await page.getByRole('searchbox').fill(early.username)
  await until('the first search is on its way', () => isHeld)
  await page.getByRole('searchbox').fill(late.username)
  await page.getByRole('link', { name: late.email }).waitFor()
  release()
  await sees(page.getByRole('status').filter({ hasText: 'found' }), '1 user found.')
  expect(await page.getByRole('link', { name: early.email }).count()).toBe(0)
})

it('has no barriers in light and dark, and fits a width of 320 pixels', async () => {
  const { token } = await stage.service.login(admin)
  const url = `${receiver.url}/${'long'.repeat(40)}`
  await stage.service.succeed(WEBHOOKS.register, { input: { url } }, token)
  const user = await stage.service.signUp({ email: `${'a'.repeat(64)}@${'b'.repeat(63)}.example.com` })
  await enter('/admin', 'Users')
  const isNarrow = () => page.evaluate('document.documentElement.scrollWidth <= innerWidth')
  async function check(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect(await pages.barriers()).toEqual([])
    }
    expect(await isNarrow()).toBe(true)
  }
  await page.setViewportSize({ width: 320, height: 640 })
  await page.getByRole('searchbox').fill(user.email.slice(0, 20))
  await page.getByRole('link', { name: user.email }).waitFor()
  await check()
  await page.getByRole('link', { name: user.email }).click()
  await section('Recent activity').getByRole('listitem').first().waitFor()
  await within(section('Access'), 'Disable account …').click()
  await within(section('Usernames'), 'Protect the username …').click()
  await check()
  await follow('Usernames')
  await pages.field('Username to protect').fill(unique('w'.repeat(17)))
  await pages.button('Protect').click()
  await section('Protected usernames')
    .getByRole('button', { name: /^Remove … w/ })
    .click()
  await section('Statistics').getByRole('table').first().waitFor()
  await check()
  await follow('Webhooks')
  await page.getByRole('link', { name: url }).waitFor()
  await check()
  await page.getByRole('link', { name: url }).click()
  await section('Deliveries').waitFor()
  await within(section('State'), 'Disable webhook …').click()
  await check()
  await follow('Audit log')
  await page.getByRole('list', { name: 'Entries' }).waitFor()
  await check()
})
