import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { ACCESS } from '../../support/cookies.js'
import { NO_CLIENT } from '../../support/no-client.js'
import { type OAuthTestService, startOAuthService } from '../../support/oauth-service.js'

let service: OAuthTestService

beforeAll(async () => {
  service = await startOAuthService({ REGISTRATION: 'invite' })
})
afterAll(() => service.stop())

it('a sign-up at a provider needs an invitation for the address that the provider vouches for, but no code', async () => {
  const { registration, roles } = service.app.services.accounts
  const password = 'correct horse'
  const boss = await registration.register({ email: `${unique()}@example.com`, password }, NO_CLIENT, 'operator')
  await roles.setRole({ id: boss.id }, 'ADMIN', null)
  const { token } = await service.login({ email: boss.email, password })
  const invite = (input: object) =>
    service.succeed(
      'mutation ($input: CreateInvitationInput!) { createInvitation(input: $input) { code } }',
      { input },
      token,
    )
  // Anyone could use it with its code: it is no invitation for this address.
  await invite({})
  const email = `${unique()}@example.com`
  const address = { email, primary: true, verified: true }
  service.providers.github.become({ id: 4711, login: 'octocat', email: null, emails: [address] })

  const stranger = service.browser()
  const { location } = await stranger.get(await service.upToCallback(stranger, 'github'))
  expect(new URL(location ?? '').searchParams.get('oauth_error')).toBe('INVALID_INVITATION')
  expect(stranger.cookie(ACCESS)).toBeUndefined()
  expect(await service.database.query('SELECT 1 FROM users WHERE email = ?', [email])).toEqual([])

  await invite({ email })
  const guest = service.browser()
  await guest.get(await service.upToCallback(guest, 'github'))
  expect(guest.cookie(ACCESS)).toBeDefined()
  const used = await service.database.query('SELECT uses_left AS usesLeft, email FROM invitations ORDER BY id')
  expect(used).toEqual([
    { usesLeft: 1, email: null },
    { usesLeft: 0, email: null },
  ])
})
