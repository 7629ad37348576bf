import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LOGIN, type SignedIn, unique } from '../../support/client.js'
import { ACCESS, DEVICE, page, send } from '../../support/cookies.js'
import { codeAfter } from '../../support/mail-codes.js'
import { APP_URL, type OAuthBrowser } from '../../support/oauth-browser.js'
import { FRONTEND, type OAuthTestService, startOAuthService } from '../../support/oauth-service.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: OAuthTestService
let browser: OAuthBrowser

beforeAll(async () => {
  service = await startOAuthService({
    OAUTH_TOKEN_KEY: 'first-oauth-token-key-0123456789abcdef012345',
    ...{ TERMS_VERSION: '2026-11', TERMS_URL: 'https://example.com/terms' },
  })
})
afterAll(() => service.stop())
beforeEach(() => {
  browser = service.browser()
})

const PROFILE = '{ profile { id email isEmailVerified username firstName lastLoginAt } }'
const ACCOUNTS = '{ oauthAccounts { id provider label email createdAt lastUsedAt } }'
const UNLINK = 'mutation ($id: ID!) { unlinkOAuth(id: $id) }'
const COMPLETE = `mutation ($input: CompleteOAuthInput!) {
  completeOAuth(input: $input) { token refreshToken deviceToken expiresAt userId email user { id isEmailVerified } }
}`
const begin = (name: string) =>
  `mutation ($provider: String!, $redirectTo: String!) {
    ${name}(provider: $provider, redirectTo: $redirectTo) { authorizationUrl binding expiresAt }
  }`

let subjects = 5000
const gmail = () => `${unique()}@gmail.com`

/** Signs in with Google as a person whose address it vouches for. */
async function withGoogle(email = gmail(), subject = String(++subjects)) {
  service.providers.google.become(subject, { email, email_verified: true })
  const { location } = await browser.get(await service.upToCallback(browser, 'google'))
  expect(location).toBe(`${APP_URL}/account`)
  return { email, subject, token: browser.cookie(ACCESS) ?? '' }
}

const accountsOf = async (token: string) =>
  (await service.succeed(ACCOUNTS, {}, token)).oauthAccounts as { id: string; provider: string }[]

const ageSignIn = (token: string) => {
  const { sid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
  return sid
}

describe('a sign-in on the pages', () => {
  const shapes = {
    google: (email: string, sub: string) =>
      service.providers.google.become(sub, { email, email_verified: true, hd: 'example.com' }),
    microsoft: (email: string, sub: string) => service.providers.microsoft.become(sub, { email, xms_edov: true }),
    github: (email: string, sub: string) =>
      service.providers.github.become({
        ...{ id: Number(sub), login: 'octocat', email: null },
        emails: [
          { email: 'other@example.org', primary: false, verified: true },
          { email, primary: true, verified: true },
        ],
      }),
    acme: (email: string, sub: string) => service.providers.acme.become(sub, { email, email_verified: true }),
  }

  it.each(Object.entries(shapes))(
    'makes an account with a verified address, and finds it again: %s',
    async (name, become) => {
      const [email, subject] = [`${unique()}@example.com`, String(++subjects)]
      become(email, subject)
      const callback = await service.upToCallback(browser, name)
      const { location, setCookies } = await browser.get(callback)
      expect(location).toBe(`${APP_URL}/account`)
      for (const line of setCookies) expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
      expect(setCookies).toHaveLength(3)
      const { profile } = await service.succeed(PROFILE, {}, browser.cookie(ACCESS))
      expect(profile).toMatchObject({ email, isEmailVerified: true, username: null, firstName: null })

      // Another address at the provider: the subject counts.
      become(`new-${email}`, subject)
      const device = browser.cookie(DEVICE)
      await browser.get(await service.upToCallback(browser, name, '?return_to=/account%23sessions'))
      const again = await service.succeed(PROFILE, {}, browser.cookie(ACCESS))
      expect(again.profile).toMatchObject({ id: profile.id, email })
      expect(browser.cookie(DEVICE)).toBe(device)
      expect(await service.succeed(ACCOUNTS, {}, browser.cookie(ACCESS))).toMatchObject({
        oauthAccounts: [{ provider: name, email: `new-${email}`, lastUsedAt: expect.any(String) as string }],
      })
      const logins = await service.database.query<{ data: string }>(
        "SELECT data FROM outbox WHERE user_id = ? AND type = 'user.logged_in' ORDER BY seq",
        [profile.id],
      )
      expect(logins.map(({ data }) => (JSON.parse(data) as { newDevice: boolean }).newDevice)).toEqual([false, false])
    },
  )

  it('makes one account for two browsers of a new person at the same time', async () => {
    const email = gmail()
    service.providers.google.become(String(++subjects), { email, email_verified: true })
    const browsers = [service.browser(), service.browser(), service.browser()]
    const callbacks = await Promise.all(browsers.map((one) => service.upToCallback(one, 'google')))
    const answers = await Promise.all(browsers.map((one, i) => one.get(callbacks[i] ?? '')))
    expect(answers.map(({ location }) => location)).toEqual(browsers.map(() => `${APP_URL}/account`))
    expect(await service.database.query('SELECT id FROM users WHERE email_key = ?', [email])).toHaveLength(1)
  })

  it('ends the session that the browser had, although its cookies do not come back from the provider', async () => {
    const [first, second] = [await withGoogle(), await withGoogle()]
    expect((await service.graphql(PROFILE, {}, first.token)).code).toBe('UNAUTHENTICATED')
    expect((await service.graphql(PROFILE, {}, second.token)).code).toBeUndefined()
    // One that is not completed ends nothing.
    await service.upToCallback(browser, 'google')
    expect((await service.graphql(PROFILE, {}, second.token)).code).toBeUndefined()
  })

  it.each([
    ['?terms=2026-11', true],
    ['?terms=2025-01', false],
    ['', false],
  ])('knows which terms the person has accepted: %j', async (query, termsAccepted) => {
    service.providers.google.become(String(++subjects), { email: gmail(), email_verified: true })
    await browser.get(await service.upToCallback(browser, 'google', query))
    const { profile } = await service.succeed('{ profile { termsAccepted } }', {}, browser.cookie(ACCESS))
    expect(profile).toEqual({ termsAccepted })
  })

  it('joins an account whose address is verified, and tells its owner', async () => {
    const user = await verified()
    const { token } = await withGoogle(user.email)
    expect((await service.succeed(PROFILE, {}, token)).profile.id).toBe(user.id)
    // Nothing of the account ends.
    expect((await service.graphql(PROFILE, {}, user.token)).code).toBeUndefined()
    const [event] = await service.database.query<{ data: string }>(
      "SELECT data FROM outbox WHERE user_id = ? AND type = 'oauth.linked'",
      [user.id],
    )
    expect(JSON.parse(event!.data)).toEqual({ provider: 'google', how: 'signed_in' })
  })

  it('says so in the tokens, the audit log and the metrics', async () => {
    const { token } = await withGoogle()
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object
    expect(claims).toMatchObject({ amr: ['fed'], acr: 'aal1' })
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/^auth_oauth_logins_total\{provider="google",status="success"\} [1-9]/m)
    expect(metrics).toMatch(/^auth_oauth_logins_total\{provider="acme",status="refused"\} \d/m)
    const { policy } = await service.succeed('{ policy { oauthProviders { name label } } }')
    expect(policy.oauthProviders).toEqual([
      { name: 'google', label: 'Google' },
      { name: 'github', label: 'GitHub' },
      { name: 'microsoft', label: 'Microsoft' },
      { name: 'acme', label: 'Acme SSO' },
    ])
  })
})

async function verified(): Promise<SignedIn> {
  const user = await service.signUp({ email: gmail() })
  await service.database.query('UPDATE users SET email_verified_at = UTC_TIMESTAMP(3) WHERE id = ?', [user.id])
  return user
}

/** As a frontend that handles the redirect: up to the input of the last step. */
async function fromProvider(name: 'initiateOAuth' | 'initiateOAuthLink', provider: string, token?: string) {
  const variables = { provider, redirectTo: `${FRONTEND}/callback` }
  const { authorizationUrl, binding } = (await service.succeed(begin(name), variables, token))[name]
  const address = new URL(await browser.follow(authorizationUrl, `${FRONTEND}/callback`))
  return { provider, binding, ...Object.fromEntries(address.searchParams) } as Record<string, string>
}

const inputOf = ({ provider, binding, code, state, iss }: Record<string, string>) => ({
  ...{ provider, binding, code, state, iss },
})

describe('a frontend that handles the redirect', () => {
  it('gets the tokens of a session', async () => {
    const email = gmail()
    service.providers.google.become(String(++subjects), { email, email_verified: true })
    const { completeOAuth } = await service.succeed(COMPLETE, {
      input: inputOf(await fromProvider('initiateOAuth', 'google')),
    })
    expect(completeOAuth).toMatchObject({
      email,
      user: { isEmailVerified: true },
      refreshToken: expect.any(String) as string,
    })
    expect((await service.succeed(PROFILE, {}, completeOAuth.token)).profile.email).toBe(email)
  })

  it('sends the browser to the provider with PKCE, a nonce and nothing secret', async () => {
    const variables = { provider: 'google', redirectTo: `${FRONTEND}/callback` }
    const { initiateOAuth } = await service.succeed(begin('initiateOAuth'), variables)
    const asked = Object.fromEntries(new URL(initiateOAuth.authorizationUrl).searchParams)
    expect(asked).toMatchObject({
      ...{ response_type: 'code', client_id: 'postern', redirect_uri: `${FRONTEND}/callback` },
      ...{ scope: 'openid email', code_challenge_method: 'S256', access_type: 'offline' },
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]).toMatch(/^[\w-]{43}$/)
    expect(new Date(initiateOAuth.expiresAt).getTime() - Date.now()).toBeGreaterThan(590_000)
  })

  it('links accounts of several providers to the signed-in user, and lists them', async () => {
    const user = await verified()
    for (const provider of ['google', 'acme'] as const) {
      service.providers[provider].become(String(++subjects), { email: 'another@example.com', email_verified: false })
      const input = inputOf(await fromProvider('initiateOAuthLink', provider, user.token))
      const { linkOAuth } = await service.succeed(
        'mutation ($input: CompleteOAuthInput!) { linkOAuth(input: $input) { provider label email lastUsedAt } }',
        { input },
        user.token,
      )
      expect(linkOAuth).toMatchObject({ provider, email: 'another@example.com', lastUsedAt: null })
    }
    expect((await accountsOf(user.token)).map(({ provider }) => provider)).toEqual(['google', 'acme'])
    // The person can sign in with it now.
    const { completeOAuth } = await service.succeed(COMPLETE, {
      input: inputOf(await fromProvider('initiateOAuth', 'acme')),
    })
    expect(completeOAuth.userId).toBe(user.id)

    const other = await verified()
    const input = inputOf(await fromProvider('initiateOAuthLink', 'acme', other.token))
    const taken = await service.graphql(
      'mutation ($input: CompleteOAuthInput!) { linkOAuth(input: $input) { id } }',
      { input },
      other.token,
    )
    expect(taken.code).toBe('OAUTH_ALREADY_LINKED')
    expect(await accountsOf(other.token)).toEqual([])
  })

  it('links in the session that began it only', async () => {
    const [user, other] = [await verified(), await verified()]
    service.providers.acme.become(String(++subjects), {})
    const input = inputOf(await fromProvider('initiateOAuthLink', 'acme', user.token))
    for (const token of [other.token, (await service.login(user)).token]) {
      const answer = await service.graphql(
        'mutation ($input: CompleteOAuthInput!) { linkOAuth(input: $input) { id } }',
        { input },
        token,
      )
      expect(answer.code).toBe('OAUTH_FAILED')
    }
  })

  it('needs a recent sign-in to link and to unlink', async () => {
    const user = await verified()
    const { token } = await withGoogle(user.email)
    const [account] = await accountsOf(token)
    const old = await agedToken(token)
    const variables = { provider: 'acme', redirectTo: `${FRONTEND}/callback` }
    expect((await service.graphql(begin('initiateOAuthLink'), variables, old)).code).toBe('REAUTHENTICATION_REQUIRED')
    expect((await service.graphql(UNLINK, { id: account!.id }, old)).code).toBe('REAUTHENTICATION_REQUIRED')
  })
})

/** A token of the same session, whose sign-in was an hour ago. */
async function agedToken(token: string): Promise<string> {
  const sid = ageSignIn(token)
  await service.database.query('UPDATE sessions SET auth_time = UTC_TIMESTAMP(3) - INTERVAL 1 HOUR WHERE id = ?', [sid])
  const cookie = `__Host-postern-refresh=${browser.cookie('__Host-postern-refresh')}`
  const answer = await send(service.url, 'mutation { refreshToken(token: "") { expiresAt } }', {
    headers: { ...page(FRONTEND), cookie },
  })
  return answer.cookies.get(ACCESS) ?? ''
}

describe('the account page', () => {
  it('links with cookies: the callback of the service ends it, in the session that began it', async () => {
    const user = await verified()
    const input = { email: user.email, password: user.password }
    const headers = { ...page(APP_URL), host: 'auth.example.com' }
    const login = await send(service.url, LOGIN, { headers, variables: { input } })
    const cookie = `${ACCESS}=${login.cookies.get(ACCESS)}`
    service.providers.acme.become(String(++subjects), { email: 'mine@example.com', email_verified: true })
    const variables = { provider: 'acme', redirectTo: '/account#sign-in-methods' }
    const initiate = () =>
      send(service.url, begin('initiateOAuthLink'), {
        headers: { ...headers, cookie },
        variables,
      })
    const started = await initiate()
    expect(started.data?.initiateOAuthLink.binding).toBe('')
    browser.setCookie('__Host-postern-oauth', started.cookies.get('__Host-postern-oauth') ?? '')
    const callback = await browser.follow(
      started.data?.initiateOAuthLink.authorizationUrl as string,
      `${APP_URL}/oauth/`,
    )
    const { location, setCookies } = await browser.get(callback)
    expect([location, setCookies]).toEqual([`${APP_URL}/account#sign-in-methods`, []])
    expect((await accountsOf(login.cookies.get(ACCESS) ?? '')).map(({ provider }) => provider)).toEqual(['acme'])

    // A session that has ended while the browser was away links nothing.
    service.providers.google.become(String(++subjects), {})
    variables.provider = 'google'
    const next = await initiate()
    browser.setCookie('__Host-postern-oauth', next.cookies.get('__Host-postern-oauth') ?? '')
    const late = await browser.follow(next.data?.initiateOAuthLink.authorizationUrl as string, `${APP_URL}/oauth/`)
    await service.succeed('mutation { logout }', {}, login.cookies.get(ACCESS))
    expect((await browser.get(late)).location).toBe(`${APP_URL}/account?oauth_error=OAUTH_FAILED#sign-in-methods`)
  })
})

describe('an account without a password', () => {
  it('keeps its last way to sign in, and takes a first password by mail', async () => {
    const { email, token } = await withGoogle()
    const [account] = await accountsOf(token)
    expect((await service.graphql(UNLINK, { id: account!.id }, token)).code).toBe('FORBIDDEN')
    expect((await accountsOf(token)).length).toBe(1)

    // As for an address without an account.
    const login = (password: string) => service.graphql(LOGIN, { input: { email, password } })
    const refused = await login('')
    expect(refused.errors[0]?.message).toBe(
      (await service.graphql(LOGIN, { input: { email: gmail(), password: 'x' } })).errors[0]?.message,
    )
    const code = await codeAfter(service, email, () =>
      service.succeed('mutation ($email: String!) { requestPasswordReset(email: $email) }', { email }),
    )
    const reset = { email, code, newPassword: 'battery staple 7' }
    await service.succeed('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', { input: reset })
    const { login: session } = (await login('battery staple 7')).data ?? {}
    // The linked account stays: its address was proved.
    expect((await accountsOf(session.token)).length).toBe(1)
    await service.succeed(UNLINK, { id: account!.id }, session.token)
    expect(await accountsOf(session.token)).toEqual([])
  })

  it('takes a first password in a session, after a recent sign-in', async () => {
    const { token, email } = await withGoogle()
    const [newPassword, query] = [
      'battery staple 7',
      'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token } }',
    ]
    const input = { oldPassword: '', newPassword, confirmNewPassword: newPassword }
    expect((await service.graphql(query, { input }, await agedToken(token))).code).toBe('REAUTHENTICATION_REQUIRED')
    const { token: fresh } = await withGoogle(email, String(subjects))
    const { updatePassword } = await service.succeed(query, { input }, fresh)
    expect((await service.graphql(LOGIN, { input: { email, password: newPassword } })).code).toBeUndefined()
    // From now on it has one.
    expect((await service.graphql(query, { input }, updatePassword.token)).code).toBe('INVALID_INPUT')
  })

  it('is deleted, and changes its address, after a recent sign-in', async () => {
    const { token, email } = await withGoogle()
    const old = await agedToken(token)
    const DELETE = 'mutation { deleteAccount(password: "") }'
    const CHANGE = 'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }'
    const variables = { input: { newEmail: gmail(), password: '' } }
    for (const query of [DELETE, CHANGE])
      expect((await service.graphql(query, query === CHANGE ? variables : {}, old)).code).toBe(
        'REAUTHENTICATION_REQUIRED',
      )
    const { token: fresh } = await withGoogle(email, String(subjects))
    await service.succeed(CHANGE, variables, fresh)
    await service.succeed(DELETE, {}, fresh)
    expect(await service.database.query('SELECT id FROM oauth_accounts WHERE subject = ?', [String(subjects)])).toEqual(
      [],
    )
  })
})

const revocationsAt = ({ calls }: { calls: string[] }) =>
  calls.filter((call) => call === 'POST /token/revocation').length

describe("the provider's tokens", () => {
  const stored = async (provider: string, subject: string) => {
    const [row] = await service.database.query<{ sealed: Buffer; keyId: string; userId: string; id: string }>(
      'SELECT id, user_id AS userId, sealed_tokens AS sealed, key_id AS keyId FROM oauth_accounts WHERE provider = ? AND subject = ?',
      [provider, subject],
    )
    return row!
  }

  it('are encrypted, refreshed once when many need them, and open with the key before', async () => {
    const { acme } = service.providers
    const subject = String(++subjects)
    acme.become(subject, { email: `${unique()}@example.com`, email_verified: true })
    // Nearly expired.
    acme.issueFor(30)
    await browser.get(await service.upToCallback(browser, 'acme'))
    const { userId, sealed, keyId } = await stored('acme', subject)
    expect(sealed.length).toBeGreaterThan(80)
    expect(sealed.toString('latin1')).not.toContain('accessToken')

    acme.issueFor(3600)
    const before = acme.calls.length
    const { accessToken } = service.app.services.oauth
    const tokens = await Promise.all(Array.from({ length: 20 }, () => accessToken(userId, 'acme')))
    expect(new Set(tokens).size).toBe(1)
    expect(acme.calls.slice(before)).toEqual(['POST /token'])
    expect(await accessToken(userId, 'acme')).toBe(tokens[0])
    await expect(accessToken(userId, 'google')).rejects.toThrow('Sign in with Google again')

    const rotated = await startInstance(
      {
        ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
        ...{ APP_URL, OIDC_ACME_ISSUER: acme.issuer, OIDC_ACME_CLIENT_ID: 'postern' },
        OIDC_ACME_CLIENT_SECRET: acme.client.client_secret,
        OAUTH_TOKEN_KEY: 'second-oauth-token-key-0123456789abcdef01234',
        OAUTH_TOKEN_KEY_PREVIOUS: 'first-oauth-token-key-0123456789abcdef012345',
      },
      { alone: true },
    )
    expect(await rotated.app.services.oauth.accessToken(userId, 'acme')).toBe(tokens[0])
    await service.database.query('UPDATE oauth_accounts SET token_expires_at = UTC_TIMESTAMP(3) WHERE user_id = ?', [
      userId,
    ])
    const next = await rotated.app.services.oauth.accessToken(userId, 'acme')
    expect(next).not.toBe(tokens[0])
    expect((await stored('acme', subject)).keyId).not.toBe(keyId)
    // Without the key, the person signs in again.
    await expect(accessToken(userId, 'acme')).rejects.toThrow('Sign in with Acme SSO again')
    await rotated.stop()
  })

  it('are revoked at the providers when the account is deleted', async () => {
    const user = await verified()
    const { github, acme } = service.providers
    github.become({
      ...{ id: ++subjects, login: 'octocat' },
      emails: [{ email: user.email, primary: true, verified: true }],
    })
    await browser.get(await service.upToCallback(browser, 'github'))
    acme.become(String(++subjects), { email: user.email, email_verified: true })
    await browser.get(await service.upToCallback(browser, 'acme'))
    const atGithub = await service.app.services.oauth.accessToken(user.id, 'github')
    const before = revocationsAt(acme)
    const DELETE = 'mutation ($password: String) { deleteAccount(password: $password) }'
    expect((await service.graphql(DELETE, { password: 'wrong password' }, user.token)).code).toBe('INVALID_INPUT')
    await service.succeed(DELETE, { password: user.password }, user.token)
    await until('they are revoked', () => github.revoked.includes(atGithub) && revocationsAt(acme) > before)
  })

  it('are deleted, and revoked at the provider, when the account is unlinked', async () => {
    const user = await verified()
    const { github, acme } = service.providers
    const [first, second] = [++subjects, ++subjects]
    github.become({ id: first, login: 'octocat', emails: [{ email: user.email, primary: true, verified: true }] })
    await browser.get(await service.upToCallback(browser, 'github'))
    acme.become(String(second), { email: user.email, email_verified: true })
    await browser.get(await service.upToCallback(browser, 'acme'))
    const { token } = user
    const atGithub = await service.app.services.oauth.accessToken(user.id, 'github')
    const before = revocationsAt(acme)
    for (const { id } of await accountsOf(token)) await service.succeed(UNLINK, { id }, token)
    await until('they are revoked', () => github.revoked.includes(atGithub) && revocationsAt(acme) > before)
    expect(await service.database.query('SELECT id FROM oauth_accounts WHERE user_id = ?', [user.id])).toEqual([])
    const events = await service.database.query<{ data: string }>(
      "SELECT data FROM outbox WHERE user_id = ? AND type = 'oauth.unlinked' ORDER BY seq",
      [user.id],
    )
    expect(events.map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      { provider: 'github' },
      { provider: 'acme' },
    ])
  })
})
