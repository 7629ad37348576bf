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
/** Signs in on the page, and starts a second session with tokens. */
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
  it('changes its username within the limits, while the old one is held for it', async () => {
    await sees(section('Username'), 'You can change it 3 times in 30 days.')
    await sees(section('Username'), 'held for you for 30 days')
    const renamed = unique()
    await pages.username.fill(renamed)
    await sees(pages.verdict, 'available')
    await pages.button('Change username').click()
    await sees(section('Username'), `Your username is now ${renamed}.`)
    await sees(section('Username'), new RegExp(`Previous usernames.*${account.username}.*Held for you until`))
    const check = 'query ($username: String!) { checkUsernameAvailability(username: $username) { reason } }'
    const answer = await stage.service.succeed(check, { username: account.username })
    expect(answer).toEqual({ checkUsernameAvailability: { reason: 'HELD' } })

    // From now on it is reserved for all other users.
    const protect = 'UPDATE usernames SET protected_at = NOW(3) WHERE username_key = ?'
    await stage.database.query(protect, [account.username])
    const reason = async () =>
      (await stage.service.succeed(check, { username: account.username })).checkUsernameAvailability
    await until('the service knows that it is protected', async () => (await reason()).reason === 'RESERVED')
    await page.reload()
    await pages.button(`Use again: ${account.username}`).click()
    await sees(pages.verdict, 'This was your username. It is held for you until')
    await pages.button('Change username').click()
    await sees(section('Username'), `Your username is now ${account.username}.`)
    await until('the other one is a previous username', () => pages.button(`Use again: ${renamed}`).count())
    expect(await pages.button(`Use again: ${account.username}`).count()).toBe(0)

    await pages.username.fill(account.username.toUpperCase())
    await sees(pages.verdict, "This doesn't count as a change.")
    await pages.button('Change username').click()
    await sees(section('Username'), `Your username is now ${account.username.toUpperCase()}.`)

    for (const refused of [false, true]) {
      const name = unique()
      await pages.username.fill(name)
      await sees(pages.verdict, 'available')
      await pages.button('Change username').click()
      if (refused)
        await sees(section('Username').getByRole('alert'), /changed your username too many times.*again on \w+/)
      else await sees(section('Username'), `Your username is now ${name}.`)
    }
  })

  it('ends another session, which is refused from then on', async () => {
    await stage.service.succeed(PROFILE, {}, account.token)
    await sees(section('Sessions'), 'This device')
    const others = section('Sessions').getByRole('button', { name: /^Sign out: node, last used/ })
    await others.first().waitFor()
    expect(await others.count()).toBe(1)
    expect(await others.textContent()).toBe('Sign out')
    await others.click()
    await sees(section('Sessions').getByRole('status').first(), 'is signed out.')
    await until('its row is gone', async () => (await others.count()) === 0)
    expect((await stage.service.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')
    await page.reload()
    await sees(pages.heading, 'Your account')
  })

  it('shows what happened to the account, and more of it on request', async () => {
    const rows = section('Recent activity').getByRole('listitem')
    await rows.first().waitFor()
    const shown = await rows.allTextContents()
    expect(shown).toHaveLength(3)
    // On the page, and before that with tokens.
    expect(shown[0]).toMatch(/^Signed in.*Chrome on Linux.*127\.0\.0\.1/)
    expect(shown[2]).toMatch(/^Account created.*node/)
    const wrong = { input: { email: account.email, password: 'wrong' } }
    await stage.service.graphql('mutation ($input: LoginInput!) { login(input: $input) { token } }', wrong)
    const failures = 'SELECT 1 FROM audit_entries WHERE account_id = ? AND result = ?'
    await until('it is recorded', async () => (await stage.database.query(failures, [account.id, 'FAILURE'])).length)
    for (let i = 0; i < 2; i++) await stage.service.login(account)
    await page.reload()
    await sees(section('Recent activity'), /Failed sign-in.*By someone who did not sign in/)
    await until('five are shown', async () => (await rows.count()) === 5)
    await pages.button('Show more activity').click()
    await until('all are shown', async () => (await rows.count()) === 6)
    expect(await page.evaluate('document.activeElement.tagName')).toBe('UL')
    expect(await pages.button('Show more activity').count()).toBe(0)
    expect(await pages.barriers()).toEqual([])
  })

  it('signs out everywhere, after a confirmation', async () => {
    await pages.button('Sign out everywhere …').click()
    await sees(section('Sessions'), 'This ends all your sessions, including this one.')
    await pages.button('Sign out everywhere').click()
    await sees(page.locator('main'), 'You are signed out on all devices.')
    expect((await stage.service.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')
  })

  it('saves the profile', async () => {
    await pages.field('First name').fill('  Ada ')
    await pages.field('Phone number').fill('call me')
    await pages.button('Save profile').click()
    await sees(section('Profile'), 'Phone number must look like +44 20 7946 0958')
    await pages.field('Phone number').fill('')
    await pages.button('Save profile').click()
    await sees(section('Profile'), 'Saved.')
    expect((await stage.service.succeed(PROFILE, {}, account.token)).profile.firstName).toBe('Ada')
    await page.reload()
    await until('it is there again', async () => (await pages.field('First name').inputValue()) === 'Ada')
  })

  it('changes the password, stays signed in here, and signs out all other devices', async () => {
    const others = section('Sessions').getByRole('button', { name: /^Sign out: node, last used/ })
    await others.first().waitFor()
    await pages.field('Current password').fill('not this one')
    await pages.field('New password').fill('eight red tricycles')
    await pages.button('Change password').click()
    await sees(section('Password'), 'This is not your password.')
    await pages.field('Current password').fill(account.password)
    await pages.button('Change password').click()
    await sees(section('Password').getByRole('status').last(), 'Password changed. All other devices were signed out.')
    expect(await pages.field('Current password').inputValue()).toBe('')
    expect(await pages.field('New password').inputValue()).toBe('')
    await until('the other session is gone', async () => (await others.count()) === 0)
    expect((await stage.service.graphql(PROFILE, {}, account.token)).code).toBe('UNAUTHENTICATED')

    // The new tokens of this device outlast a reload, and sign in with the new password only.
    await page.reload()
    await sees(pages.heading, 'Your account')
    await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click()
    await sees(pages.heading, 'Sign in')
    await pages.who.fill(account.email)
    await pages.password.fill(account.password)
    await pages.button('Sign in').click()
    await sees(page.locator('form'), "doesn't match")
    await pages.signIn({ email: account.email, password: 'eight red tricycles' })
  })

  it('is deleted only with its password and a ticked box', async () => {
    await sees(
      section('Delete account'),
      `Your username ${account.username} stays unavailable: no one can claim it afterwards`,
    )
    await pages.button('Delete account …').click()
    await pages.button('Delete my account').click()
    await sees(section('Delete account'), /Enter your password.*Check the box to continue/)
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

  it('shows the sign-in page when the session was ended elsewhere', async () => {
    await stage.service.succeed('mutation { logoutAll }', {}, account.token)
    await sees(page.locator('main'), 'You were signed out.')
    await pages.signIn(account)
  })
})
