import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LOGIN, type SignedIn, unique } from '../../support/client.js'
import { ACCESS } from '../../support/cookies.js'
import { lockWait } from '../../support/locks.js'
import { codeAfter } from '../../support/mail-codes.js'
import { APP_URL, type OAuthBrowser } from '../../support/oauth-browser.js'
import { FRONTEND, type OAuthTestService, startOAuthService } from '../../support/oauth-service.js'
import type { Claims } from '../../support/openid-server.js'
import { PAGES, passkeysOf } from '../../support/passkeys.js'

type Name = 'google' | 'microsoft' | 'github' | 'acme'

let service: OAuthTestService
let browser: OAuthBrowser

beforeAll(async () => {
  service = await startOAuthService(PAGES)
})
afterAll(() => service.stop())
beforeEach(() => {
  browser = service.browser()
})

const PROFILE = '{ profile { id isEmailVerified } }'
const INITIATE =
  'mutation ($provider: String!, $redirectTo: String!) { initiateOAuth(provider: $provider, redirectTo: $redirectTo) { authorizationUrl binding } }'
const COMPLETE = 'mutation ($input: CompleteOAuthInput!) { completeOAuth(input: $input) { token userId } }'

/** The person who is at the provider from now on. */
function become(provider: Name, sub: string, claims: Claims): void {
  if (provider !== 'github') return service.providers[provider].become(sub, claims)
  const { email, emails, ...profile } = claims as { email?: string; emails?: never[] }
  service.providers.github.become({
    id: Number(sub),
    login: 'octocat',
    ...profile,
    email: email ?? null,
    emails: emails ?? [],
  })
}

let subjects = 1000
const newSubject = () => String(++subjects)

/** Why the browser was sent to a page of the service. */
async function refusalAt(address: string, from: OAuthBrowser = browser): Promise<string | null> {
  const { location, status } = await from.get(address)
  expect(status).toBe(303)
  return new URL(location ?? '').searchParams.get('oauth_error')
}

const isSignedIn = (one: OAuthBrowser = browser) => one.cookie(ACCESS) !== undefined

const usersWith = (email: string) =>
  service.database.query<{ id: string }>('SELECT id FROM users WHERE email_key = ?', [email])
const linksOf = (userId: string) =>
  service.database.query<{ provider: string }>('SELECT provider FROM oauth_accounts WHERE user_id = ?', [userId])

async function verifiedUser(): Promise<SignedIn> {
  const user = await service.signUp({ email: `${unique()}@gmail.com` })
  await service.database.query('UPDATE users SET email_verified_at = UTC_TIMESTAMP(3) WHERE id = ?', [user.id])
  return user
}

describe('an address that the provider does not vouch for', () => {
  const attacks: [what: string, provider: Name, claims: (victim: string) => Claims][] = [
    ['Google has not verified it', 'google', (email) => ({ email, email_verified: false, hd: 'example.com' })],
    ['Google says "true" as a text', 'google', (email) => ({ email, email_verified: 'true', hd: 'example.com' })],
    ['Google says nothing', 'google', (email) => ({ email, hd: 'example.com' })],
    [
      'it is at another domain than those of Google',
      'google',
      (email) => ({ email: email.replace('gmail.com', 'example.org'), email_verified: true }),
    ],
    ['any tenant can write it (nOAuth)', 'microsoft', (email) => ({ email, email_verified: true })],
    ['its tenant does not own the domain', 'microsoft', (email) => ({ email, email_verified: true, xms_edov: false })],
    ['another provider has not verified it', 'acme', (email) => ({ email, email_verified: false })],
    ['another provider says nothing', 'acme', (email) => ({ email })],
    ['GitHub has not verified it', 'github', (email) => ({ emails: [{ email, primary: true, verified: false }] })],
    [
      'only another address at GitHub is verified',
      'github',
      (email) => ({
        emails: [
          { email, primary: true, verified: false },
          { email: `a${email}`, primary: false, verified: true },
        ],
      }),
    ],
    ['it is that of the profile at GitHub', 'github', (email) => ({ email, emails: [] })],
    [
      'it is not the one that GitHub writes to',
      'github',
      (email) => ({ emails: [{ email, primary: false, verified: true }] }),
    ],
    ['it is no address', 'acme', (email) => ({ email: `"${email}" <x@example.com>`, email_verified: true })],
    ['it is a list', 'acme', (email) => ({ email: [email], email_verified: true })],
  ]

  it.each(attacks)('opens no account and makes none: %s', async (_, provider, claimsFor) => {
    const victim = await verifiedUser()
    for (const email of [victim.email, `${unique()}@gmail.com`]) {
      become(provider, newSubject(), claimsFor(email))
      const callback = await service.upToCallback(browser, provider)
      expect(await refusalAt(callback)).toBe('OAUTH_NOT_LINKED')
      expect(isSignedIn()).toBe(false)
      browser.forget()
      if (email !== victim.email) expect(await usersWith(email)).toEqual([])
    }
    expect(await linksOf(victim.id)).toEqual([])
    expect((await service.graphql(PROFILE, {}, victim.token)).code).toBeUndefined()
  })
})

describe('an account that someone has registered with the address of another person', () => {
  it('belongs to the person when they come from a provider: the earlier password and sessions end', async () => {
    const email = `${unique()}@gmail.com`
    const attacker = await service.signUp({ email })
    await service.database.query(
      `INSERT INTO oauth_accounts (id, user_id, provider, issuer, subject, created_at)
       VALUES (UUID(), ?, 'acme', 'https://evil.example', 'attacker', UTC_TIMESTAMP(3))`,
      [attacker.id],
    )
    become('google', newSubject(), { email, email_verified: true })
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBeNull()

    const owner = await service.graphql(PROFILE, {}, browser.cookie(ACCESS))
    expect(owner.data?.profile).toEqual({ id: attacker.id, isEmailVerified: true })
    expect((await service.graphql(PROFILE, {}, attacker.token)).code).toBe('UNAUTHENTICATED')
    const refreshed = await service.graphql('mutation ($token: String!) { refreshToken(token: $token) { token } }', {
      token: attacker.refreshToken,
    })
    expect(refreshed.code).toBe('UNAUTHENTICATED')
    const login = await service.graphql(LOGIN, { input: { email, password: attacker.password } })
    expect(login.code).toBe('UNAUTHENTICATED')
    expect((await linksOf(attacker.id)).map(({ provider }) => provider)).toEqual(['google'])
    const entries = await service.database.query<{ action: string }>(
      "SELECT action FROM audit_entries WHERE account_id = ? AND action IN ('CLAIM_ACCOUNT', 'LINK_OAUTH') ORDER BY id",
      [attacker.id],
    )
    expect(entries.map(({ action }) => action)).toEqual(['CLAIM_ACCOUNT', 'LINK_OAUTH'])
    const events = await service.database.query<{ data: string }>(
      "SELECT data FROM outbox WHERE user_id = ? AND type = 'oauth.linked'",
      [attacker.id],
    )
    expect(events.map(({ data }) => JSON.parse(data) as unknown)).toEqual([{ provider: 'google', how: 'claimed' }])
  })

  it('belongs to the person who resets its password by mail: second factors and linked accounts end', async () => {
    const email = `${unique()}@gmail.com`
    const { id } = await service.signUp({ email })
    await addSecondFactor(id)
    await service.database.query('INSERT INTO recovery_codes (user_id, code_mac) VALUES (?, ?)', [id, 'a'.repeat(64)])
    await service.database.query(
      `INSERT INTO oauth_accounts (id, user_id, provider, issuer, subject, created_at)
       VALUES (UUID(), ?, 'acme', 'https://evil.example', 'another attacker', UTC_TIMESTAMP(3))`,
      [id],
    )
    const code = await codeAfter(service, email, () =>
      service.succeed('mutation ($email: String!) { requestPasswordReset(email: $email) }', { email }),
    )
    const input = { email, code, newPassword: 'purple monkey stapler' }
    await service.succeed('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', { input })
    const kinds = await service.database.query<{ kind: string }>('SELECT kind FROM credentials WHERE user_id = ?', [id])
    expect(kinds).toEqual([{ kind: 'PASSWORD' }])
    expect(await service.database.query('SELECT 1 FROM recovery_codes WHERE user_id = ?', [id])).toEqual([])
    expect(await linksOf(id)).toEqual([])
    expect((await service.graphql(LOGIN, { input: { email, password: input.newPassword } })).code).toBeUndefined()
  })

  it('can not be linked to a provider before its address is verified', async () => {
    const { token } = await service.signUp({ email: `${unique()}@gmail.com` })
    const query = INITIATE.replaceAll('initiateOAuth(', 'initiateOAuthLink(')
    const variables = { provider: 'google', redirectTo: `${FRONTEND}/callback` }
    expect((await service.graphql(query, variables, token)).code).toBe('EMAIL_NOT_VERIFIED')
  })
})

describe('an account with a verified address', () => {
  it('is not joined with a second account of the same provider: the address may have a new owner', async () => {
    const { email } = await verifiedUser()
    become('google', newSubject(), { email, email_verified: true })
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBeNull()
    browser.forget()
    become('google', newSubject(), { email, email_verified: true })
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBe('OAUTH_NOT_LINKED')
    expect(isSignedIn()).toBe(false)
  })

  it.each([
    ['a second factor', ({ id }: SignedIn) => addSecondFactor(id)],
    ['a passkey', (user: SignedIn) => passkeysOf(service).add(user)],
  ])('is not joined by itself if it has %s', async (_, protect) => {
    const user = await verifiedUser()
    const { id, email } = user
    await protect(user)
    become('google', newSubject(), { email, email_verified: true })
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBe('OAUTH_NOT_LINKED')
    expect(await linksOf(id)).toEqual([])
  })

  it('needs its second factor after the provider, too', async () => {
    const { id, email } = await verifiedUser()
    const subject = newSubject()
    become('google', subject, { email, email_verified: true })
    await refusalAt(await service.upToCallback(browser, 'google'))
    browser.forget()
    await addSecondFactor(id)
    const { location } = await browser.get(await service.upToCallback(browser, 'google', '?return_to=/account%23email'))
    expect(location).toMatch(/^https:\/\/auth\.example\.com\/sign-in\?return_to=%2Faccount%23email#mfa=mfa_[\w-]{43}&/)
    expect(isSignedIn()).toBe(false)
  })

  it('stays closed while it is disabled', async () => {
    const { id, email } = await verifiedUser()
    become('google', newSubject(), { email, email_verified: true })
    await refusalAt(await service.upToCallback(browser, 'google'))
    browser.forget()
    await service.app.services.accounts.operation.disable(id)
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBe('UNAUTHENTICATED')
    expect(isSignedIn()).toBe(false)
  })
})

describe('an account whose way in is a provider', () => {
  it('says that it is being deleted, and not that it is unknown', async () => {
    const { id, email } = await verifiedUser()
    become('google', newSubject(), { email, email_verified: true })
    await refusalAt(await service.upToCallback(browser, 'google'))
    browser.forget()
    await service.database.query('UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?', [id])
    await service.database.query(
      `INSERT INTO account_deletions (user_id, requested_at, due_at)
       VALUES (?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL 7 DAY)`,
      [id],
    )
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBe('ACCOUNT_DELETION_PENDING')
    expect(isSignedIn()).toBe(false)
  })

  it('starts no session for a thief whose link its user removes at the same time', async () => {
    const { id, email } = await verifiedUser()
    become('google', newSubject(), { email, email_verified: true })
    await refusalAt(await service.upToCallback(browser, 'google'))
    browser.forget()
    const callback = await service.upToCallback(browser, 'google')
    const owner = await service.database.connect()
    await owner.beginTransaction()
    await owner.query('SELECT id FROM users WHERE id = ? FOR UPDATE', [id])
    const refusal = refusalAt(callback)
    // The thief's account was found, and the session is about to start.
    await lockWait(service.database)
    await owner.query('DELETE FROM oauth_accounts WHERE user_id = ?', [id])
    await owner.commit()
    await owner.end()
    expect(await refusal).toBe('UNAUTHENTICATED')
    expect(isSignedIn()).toBe(false)
  })

  it('can not be claimed, nor break the sign-in, while it is disabled and its address is not verified', async () => {
    const email = `${unique()}@gmail.com`
    const { id } = await service.signUp({ email })
    await service.app.services.accounts.operation.disable(id)
    become('google', newSubject(), { email, email_verified: true })
    expect(await refusalAt(await service.upToCallback(browser, 'google'))).toBe('UNAUTHENTICATED')
    expect(await linksOf(id)).toEqual([])
  })
})

describe('a person at an unattended browser, who is signed in at the provider there', () => {
  const EXPORT = 'mutation { exportMyData { json } }'
  const outcome = async () => (await service.graphql(EXPORT, {}, browser.cookie(ACCESS))).code ?? 'accepted'
  const authTime = () => {
    const [, claims = ''] = (browser.cookie(ACCESS) ?? '').split('.')
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { auth_time: number }).auth_time
  }

  async function linkedUser(provider: 'acme' | 'github') {
    const user = await verifiedUser()
    const { email } = user
    const emails = [{ email, primary: true, verified: true }]
    become(provider, newSubject(), provider === 'github' ? { emails } : { email, email_verified: true })
    expect(await refusalAt(await service.upToCallback(browser, provider))).toBeNull()
    return user
  }

  it.each(['acme', 'github'] as const)('proves nothing with a sign-in that asks for nothing: %s', async (provider) => {
    const user = await linkedUser(provider)
    expect([await outcome(), authTime()]).toEqual(['REAUTHENTICATION_REQUIRED', 0])
    // The owner has a password.
    const { reauthenticate } = await service.succeed(
      'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { token } }',
      { input: { password: user.password } },
      browser.cookie(ACCESS),
    )
    expect((await service.graphql(EXPORT, {}, reauthenticate.token)).code).toBeUndefined()
    // GitHub can't say when it has asked the person.
    const query = provider === 'github' ? '?prompt=login' : ''
    expect(await refusalAt(await service.upToCallback(browser, provider, query))).toBeNull()
    expect(await outcome()).toBe('REAUTHENTICATION_REQUIRED')
  })

  it('proves nothing by taking the question out of the address', async () => {
    await linkedUser('acme')
    const { location } = await browser.get(`${APP_URL}/oauth/acme/start?prompt=login`)
    const asked = new URL(location ?? '')
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({ prompt: 'login', max_age: '0' })
    for (const name of ['prompt', 'max_age']) asked.searchParams.delete(name)
    expect(await refusalAt(await browser.follow(asked.href, `${APP_URL}/oauth/`))).toBeNull()
    expect(await outcome()).toBe('REAUTHENTICATION_REQUIRED')
  })

  it.each([
    ['an hour ago', 3600, 'REAUTHENTICATION_REQUIRED'],
    ['just now', 0, 'accepted'],
    ['in the future, by its clock', -3600, 'accepted'],
  ])('has proved what the provider says, when it says: %s', async (_, age, expected) => {
    await linkedUser('acme')
    service.providers.acme.proveAgo(age)
    const callback = await service.upToCallback(browser, 'acme', '?prompt=login')
    service.providers.acme.proveAgo(0)
    expect(await refusalAt(callback)).toBeNull()
    expect(await outcome()).toBe(expected)
    expect(authTime()).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000))
  })

  it('is asked by the provider, for a frontend that handles the redirect', async () => {
    const query =
      'mutation ($provider: String!) { initiateOAuth(provider: $provider, redirectTo: "/", reauthenticate: true) { authorizationUrl } }'
    const askedAt = async (provider: Name) => {
      const { initiateOAuth } = await service.succeed(query, { provider })
      const { searchParams } = new URL(initiateOAuth.authorizationUrl as string)
      return [searchParams.get('max_age'), searchParams.get('prompt')]
    }
    expect(await Promise.all((['acme', 'microsoft', 'google', 'github'] as const).map(askedAt))).toEqual([
      ['0', 'login'],
      ['0', 'login'],
      ['0', null],
      [null, null],
    ])
  })
})

const addSecondFactor = (userId: string) =>
  service.database.query(
    `INSERT INTO credentials (id, user_id, kind, identifier, secret, created_at, updated_at)
     VALUES (UUID(), ?, 'TOTP', ?, 'not used here', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [userId, userId],
  )

describe('a sign-in that has begun', () => {
  beforeEach(() => become('acme', newSubject(), { email: `${unique()}@example.com`, email_verified: true }))

  it('ends once, also if its address is opened twice at the same time', async () => {
    const callback = await service.upToCallback(browser, 'acme')
    const both = await Promise.all([refusalAt(callback), refusalAt(callback)])
    expect(both.toSorted()).toEqual(['OAUTH_FAILED', null].toSorted())
    expect(await refusalAt(callback)).toBe('OAUTH_FAILED')
  })

  it('ends with a code of its own: the one of another sign-in does not fit', async () => {
    const [first, second] = [service.browser(), browser]
    const stolen = new URL(await service.upToCallback(first, 'acme')).searchParams.get('code')
    const callback = new URL(await service.upToCallback(second, 'acme'))
    callback.searchParams.set('code', stolen ?? '')
    expect(await refusalAt(callback.href)).toBe('OAUTH_FAILED')
    expect(isSignedIn()).toBe(false)
  })

  it('ends only in the browser in which it began, and in none after another one has tried', async () => {
    const callback = await service.upToCallback(browser, 'acme')
    const other = service.browser()
    expect(await refusalAt(callback, other)).toBe('OAUTH_FAILED')
    expect(isSignedIn(other)).toBe(false)
    expect(await refusalAt(callback)).toBe('OAUTH_FAILED')
  })

  it('signs no one in as someone else: a browser that has begun its own refuses that of an attacker', async () => {
    const attackers = await service.upToCallback(service.browser(), 'acme')
    await service.upToCallback(browser, 'acme')
    expect(await refusalAt(attackers)).toBe('OAUTH_FAILED')
    expect(isSignedIn()).toBe(false)
  })

  it('ends only at the provider where it began (mix-up)', async () => {
    const callback = await service.upToCallback(browser, 'acme')
    expect(await refusalAt(callback.replace('/acme/', '/google/'))).toBe('OAUTH_FAILED')
    const next = new URL(await service.upToCallback(browser, 'acme'))
    next.searchParams.set('iss', service.providers.google.issuer)
    expect(await refusalAt(next.href)).toBe('OAUTH_FAILED')
    const nameless = new URL(await service.upToCallback(browser, 'acme'))
    nameless.searchParams.delete('iss')
    expect(await refusalAt(nameless.href)).toBe('OAUTH_FAILED')
    expect(isSignedIn()).toBe(false)
  })

  it('ends within ten minutes', async () => {
    const callback = await service.upToCallback(browser, 'acme')
    await service.database.query('UPDATE oauth_states SET expires_at = UTC_TIMESTAMP(3)')
    expect(await refusalAt(callback)).toBe('OAUTH_FAILED')
  })

  it('ends when the person refuses at the provider', async () => {
    const callback = new URL(await service.upToCallback(browser, 'acme', '?return_to=/account%23email'))
    const refused = new URL(callback)
    refused.searchParams.delete('code')
    refused.searchParams.set('error', 'access_denied')
    const { location } = await browser.get(refused.href)
    expect(location).toBe(`${APP_URL}/sign-in?return_to=%2Faccount%23email&oauth_error=OAUTH_FAILED`)
    expect(await refusalAt(callback.href)).toBe('OAUTH_FAILED')
  })

  it.each(['', 'x', 'é', 'a'.repeat(43), '../../x', '\0'])('is found by its state only: %j', async (state) => {
    await service.upToCallback(browser, 'acme')
    const address = `${APP_URL}/oauth/acme/callback?${new URLSearchParams({ code: 'x', state }).toString()}`
    expect(await refusalAt(address)).toBe('OAUTH_FAILED')
  })

  it('ends in no session and no error of the service for any random address', async () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('a'.repeat(43), 'access_denied'))
    const names = fc.constantFrom('code', 'state', 'iss', 'error', 'response', 'id_token', 'code[]', '__proto__')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, text), { maxLength: 6 }), async (parameters) => {
        const query = new URLSearchParams(parameters).toString()
        const { status, setCookies } = await browser.get(`${APP_URL}/oauth/acme/callback?${query}`)
        expect([status, setCookies]).toEqual([303, []])
      }),
      { numRuns: 200 },
    )
  })

  it('reads one value of each parameter: of several, none', async () => {
    const callback = await service.upToCallback(browser, 'acme')
    expect(await refusalAt(`${callback}&code=other`)).toBe('OAUTH_FAILED')
  })
})

describe('where the browser is sent', () => {
  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    'https://auth.example.com@evil.example',
    `${FRONTEND}.evil.example`,
  ])('is never another site: %s', async (target) => {
    become('acme', newSubject(), { email: `${unique()}@example.com`, email_verified: true })
    const query = `?return_to=${encodeURIComponent(target)}`
    const { location } = await browser.get(await service.upToCallback(browser, 'acme', query))
    expect(location).toBe(`${APP_URL}/account`)
    for (const redirectTo of [target, `${FRONTEND}/callback#x`, `${FRONTEND}/callback?x=1`]) {
      const answer = await service.graphql(INITIATE, { provider: 'acme', redirectTo })
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'redirectTo' }] })
    }
  })

  it('can be a page of an allowed origin', async () => {
    become('acme', newSubject(), { email: `${unique()}@example.com`, email_verified: true })
    const query = `?return_to=${encodeURIComponent(`${FRONTEND}/welcome?a=b`)}`
    const { location } = await browser.get(await service.upToCallback(browser, 'acme', query))
    expect(location).toBe(`${FRONTEND}/welcome?a=b`)
  })

  it.each([
    { 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' },
    { 'sec-purpose': 'prefetch' },
  ])('follows a navigation of a person only: %j', async (headers) => {
    for (const path of ['start', 'callback?state=x&code=x']) {
      const { status, setCookies } = await browser.get(`${APP_URL}/oauth/acme/${path}`, headers)
      expect([status, setCookies]).toEqual([403, []])
    }
  })

  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-user': '?1' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-user': '?1' },
    { 'sec-fetch-site': 'cross-site', referer: 'https://evil.example/' },
    { 'sec-fetch-site': 'cross-site', referer: `${FRONTEND}.evil.example/` },
    { 'sec-fetch-site': 'cross-site', referer: `https://evil.example/?${FRONTEND}` },
    { 'sec-fetch-site': 'anything' },
  ])('is the sign-in page, if another site has opened the start: %j', async (headers) => {
    const { location, setCookies } = await browser.get(
      `${APP_URL}/oauth/acme/start?return_to=/account%23email`,
      headers,
    )
    expect([location, setCookies]).toEqual([`${APP_URL}/sign-in?return_to=%2Faccount%23email`, []])
  })

  it.each([
    {},
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site', referer: `${FRONTEND}/` },
  ])('is the provider, from a page of the service or of a frontend, and in an old browser: %j', async (headers) => {
    const { location } = await browser.get(`${APP_URL}/oauth/acme/start`, headers)
    expect(location).toContain(service.providers.acme.issuer)
  })

  it('says that there is no such provider', async () => {
    expect(await refusalAt(`${APP_URL}/oauth/unknown/start`)).toBe('NOT_FOUND')
    expect((await service.graphql(INITIATE, { provider: '__proto__', redirectTo: '/' })).code).toBe('NOT_FOUND')
  })
})

describe('a frontend that handles the redirect', () => {
  async function begin(provider: Name = 'acme') {
    become(provider, newSubject(), { email: `${unique()}@example.com`, email_verified: true })
    const { initiateOAuth } = await service.succeed(INITIATE, { provider, redirectTo: `${FRONTEND}/callback` })
    const address = new URL(await browser.follow(initiateOAuth.authorizationUrl, `${FRONTEND}/callback`))
    const { code, state, iss } = Object.fromEntries(address.searchParams) as Record<string, string>
    return { provider, code, state, iss, binding: initiateOAuth.binding as string }
  }
  const complete = (input: object) => service.graphql(COMPLETE, { input })

  it.each([
    ['without the binding', () => ({ binding: '' })],
    ['with the binding of another sign-in', () => ({ binding: 'a'.repeat(43) })],
    ['with the code of another one', () => ({ code: 'x' })],
    ['at another provider', () => ({ provider: 'google' })],
    ['with another issuer', () => ({ iss: 'https://evil.example' })],
  ])('gets no session %s, and none after that', async (_, change) => {
    const input = await begin()
    expect((await complete({ ...input, ...change() })).code).toBe('OAUTH_FAILED')
    expect((await complete(input)).code).toBe('OAUTH_FAILED')
  })

  it('gets one session for one sign-in', async () => {
    const input = await begin()
    const answers = await Promise.all([complete(input), complete(input)])
    expect(answers.map(({ code }) => code).toSorted()).toEqual(['OAUTH_FAILED', undefined])
  })

  it('can not end what the pages have begun, nor link with a sign-in', async () => {
    become('acme', newSubject(), { email: `${unique()}@example.com`, email_verified: true })
    const address = new URL(await service.upToCallback(browser, 'acme'))
    const { code, state, iss } = Object.fromEntries(address.searchParams)
    const [binding] = (browser.cookie('__Host-postern-oauth') ?? '').split('.')
    expect((await complete({ provider: 'acme', code, state, iss, binding })).code).toBe('OAUTH_FAILED')
    const user = await verifiedUser()
    const link = await service.graphql(
      'mutation ($input: CompleteOAuthInput!) { linkOAuth(input: $input) { id } }',
      { input: await begin() },
      user.token,
    )
    expect(link.code).toBe('OAUTH_FAILED')
    expect(await linksOf(user.id)).toEqual([])
  })
})
