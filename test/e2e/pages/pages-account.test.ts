import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type SignedIn, unique } from '../../support/client.js'
import { type PagesService, startPagesService } from '../../support/pages-service.js'
import type { Pages } from '../../support/pages.js'
import { sees } from '../../support/sees.js'
import { until } from '../../support/wait.js'

const PROFILE = '{ profile { username firstName } }'

let stage: PagesService
let page: Page
let pages: Pages
/** Signed in on the page, and with tokens of another session. */
let account: SignedIn

beforeAll(async () => {
  stage = await startPagesService({ USERNAME_HOLD: '2592000', USERNAME_RENAMES: '3/2592000' })
})
afterAll(() => stage.stop())
beforeEach(async () => {
  account = await stage.service.signUp({ password: 'seven green bicycles' })
  ;({ page, pages } = await stage.browser.fresh())
  await pages.open('/sign-in')
  await pages.signIn(account)
})
afterEach(() => {
  expect(stage.browser.complaints()).toEqual([])
  expect(stage.browser.foreign()).toEqual([])
})

const section = (name: string) => page.getByRole('region', { name })

describe('the account', () => {
  it('is renamed by its rules: the old name is held, for the one who had it', async () => {
    await sees(section('Username'), 'You can change it 3 times within 30 days.')
    await sees(section('Username'), 'kept for you for 30 days')
    const renamed = unique()
    await pages.username.fill(renamed)
    await sees(pages.verdict, 'available')
    await pages.button('Change username').click()
    await sees(section('Username'), `You are now ${renamed}.`)
    await sees(section('Username'), new RegExp(`Names you had.*${account.username}.*kept for you until`))
    const check = 'query ($username: String!) { checkUsernameAvailability(username: $username) { reason } }'
    const answer = await stage.service.succeed(check, { username: account.username })
    expect(answer).toEqual({ checkUsernameAvailability: { reason: 'HELD' } })

    // To everybody else it is reserved from now on.
    const protect = 'UPDATE usernames SET protected_at = NOW(3) WHERE username_key = ?'
    await stage.database.query(protect, [account.username])
    const reason = async () =>
      (await stage.service.succeed(check, { username: account.username })).checkUsernameAvailability
    await until('the service knows that', async () => (await reason()).reason === 'RESERVED')
    await page.reload()
    await pages.button(`Use again: ${account.username}`).click()
    await sees(pages.verdict, 'You had this name. It is kept for you until')
    await pages.button('Change username').click()
    await sees(section('Username'), `You are now ${account.username}.`)
    await until('the other one is the name one had', () => pages.button(`Use again: ${renamed}`).count())
    expect(await pages.button(`Use again: ${account.username}`).count()).toBe(0)

    await pages.username.fill(account.username.toUpperCase())
    await sees(pages.verdict, 'this does not count as a change')
    await pages.button('Change username').click()
    await sees(section('Username'), `You are now ${account.username.toUpperCase()}.`)

    for (const refused of [false, true]) {
      const name = unique()
      await pages.username.fill(name)
      await sees(pages.verdict, 'available')
      await pages.button('Change username').click()
      if (refused) await sees(section('Username').getByRole('alert'), /changed your username too often.*again on \w+/)
      else await sees(section('Username'), `You are now ${name}.`)
    }
  })

  it('signs another session out, which is refused from then on', async () => {
    await stage.service.succeed(PROFILE, {}, account.token)
    await sees(section('Sessions'), 'This device')
    const others = section('Sessions').getByRole('button', { name: /^Sign out this device/ })
    await others.first().waitFor()
    expect(await others.count()).toBe(1)
    await others.click()
    await sees(section('Sessions').getByRole('status').first(), 'is signed out.')
    await until('its row is gone', async () => (await others.count()) === 0)
    expect((await stage.service.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')
    await page.reload()
    await sees(pages.heading, 'Your account')
  })

  it('signs out everywhere, after asking', async () => {
    await pages.button('Sign out everywhere …').click()
    await sees(section('Sessions'), 'This ends every session, this one included.')
    await pages.button('Sign out everywhere').click()
    await sees(page.locator('main'), 'You are signed out on every device.')
    expect((await stage.service.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')
  })

  it('keeps the profile', async () => {
    await pages.field('First name').fill('  Ada ')
    await pages.field('Telephone').fill('call me')
    await pages.button('Save profile').click()
    await sees(section('Profile'), 'Phone number must look like +44 20 7946 0958')
    await pages.field('Telephone').fill('')
    await pages.button('Save profile').click()
    await sees(section('Profile'), 'Saved.')
    expect((await stage.service.succeed(PROFILE, {}, account.token)).profile.firstName).toBe('Ada')
    await page.reload()
    await until('it is there again', async () => (await pages.field('First name').inputValue()) === 'Ada')
  })

  it('changes the password, which ends all sessions, and lets the new one in', async () => {
    await pages.field('Current password').fill('not this one')
    await pages.field('New password').fill('eight red tricycles')
    await pages.button('Change password and sign out').click()
    await sees(section('Password'), 'This is not your password.')
    await pages.field('Current password').fill(account.password)
    await pages.button('Change password and sign out').click()
    await sees(page.locator('main'), 'Your password is changed, and every device is signed out.')
    expect((await stage.service.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')
    expect(await pages.who.inputValue()).toBe(account.email)
    await until('the heading has the focus', () => page.locator('h1:focus').count())
    await pages.signIn({ email: account.email, password: 'eight red tricycles' })
  })

  it('is deleted by password and a tick, never by less', async () => {
    await sees(
      section('Delete account'),
      `Your username ${account.username} will not be released: nobody can have it afterwards`,
    )
    await pages.button('Delete account …').click()
    await pages.button('Delete my account').click()
    await sees(section('Delete account'), /Enter your password.*Tick the box to continue/)
    await pages.field('Your password').fill('a guess of mine')
    await page.getByRole('checkbox').check()
    await pages.button('Delete my account').click()
    await sees(section('Delete account'), 'This is not your password.')
    await pages.field('Your password').fill(account.password)
    await pages.button('Delete my account').click()
    await sees(page.locator('main'), 'Your account is deleted.')
    const input = { email: account.email, password: account.password }
    expect(
      (await stage.service.graphql('mutation ($input: LoginInput!) { login(input: $input) { userId } }', { input }))
        .code,
    ).toBe('UNAUTHENTICATED')
    expect(await page.context().cookies()).toEqual([])
  })

  it('asks for a new sign-in when the session was ended elsewhere', async () => {
    await stage.service.succeed('mutation { logoutAll }', {}, account.token)
    await pages.button('Save profile').click()
    await sees(page.locator('main'), 'Your session has ended. Sign in to go on.')
    await pages.signIn(account)
  })
})
