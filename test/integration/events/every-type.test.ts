import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toCloudEvent } from '@postern/service/events/cloud-event'
import {
  type AnyEvent,
  type AnyNewEvent,
  EVENT_TYPES,
  type EventType,
  sourceOf,
} from '../../../src/services/events/index.js'
import { createCanaries } from '../../support/canaries.js'
import { type SignedIn, unique } from '../../support/client.js'
import { addApp } from '../../support/factors.js'
import { codeAfter } from '../../support/mail-codes.js'
import { PAGES, passkeysOf, REMOVE as REMOVE_PASSKEY } from '../../support/passkeys.js'
import { type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

/** These need other settings, a provider, or a webhook that fails for a day. Their own tests make them happen. */
const SAMPLES: AnyNewEvent[] = [
  { type: 'mail.registration_attempted', data: { email: 'a@example.com' } },
  { type: 'oauth.linked', data: { provider: 'google', how: 'linked' } },
  { type: 'oauth.unlinked', data: { provider: 'google' } },
  { type: 'webhook.disabled', data: { webhookId: '01900000-0000-7000-8000-000000000001', reason: 'GONE' } },
]

const schemaOf = (name: string): object => JSON.parse(readFileSync(`docs/events/${name}.schema.json`, 'utf8')) as object

const canaries = createCanaries()
const events: AnyEvent[] = []
let service: Service

beforeAll(async () => {
  service = await startService({
    RATE_LIMIT_LOGIN: '3/60',
    SESSIONS_PER_USER: '2',
    REFRESH_GRACE: '0',
    JWT_ISSUER: 'https://auth.example.com',
    ...PAGES,
    ACCOUNT_DELETION_GRACE: '604800',
    TERMS_VERSION: '2026-11',
    TERMS_URL: 'https://example.com/terms',
  })
  service.app.consumers.push({
    name: 'test-all',
    types: EVENT_TYPES,
    send: (event) => Promise.resolve(void events.push(event)),
  })
  await everything()
  const [row] = await service.database.query<{ count: number }>('SELECT COUNT(*) AS count FROM outbox')
  await until('all are processed', () => events.length >= Number(row!.count))
})
afterAll(() => service.stop())

const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const CHANGE = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }'
const VERIFY = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) }'
const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
const NEW_EMAIL = 'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }'
const REVOKE = 'mutation ($id: ID!) { revokeSession(id: $id) }'
const sessionOf = ({ refreshToken }: SignedIn) => refreshToken.split('.')[0]
const ids: Record<string, string> = {}

/** Makes everything happen that records events. */
async function everything(): Promise<void> {
  const { accounts, sessions } = service.app.services
  const signUp = async (name: string): Promise<SignedIn> => {
    const user = await service.signUp({ password: canaries.create(`password of ${name}`) })
    keep(user)
    ids[name] = user.id
    return user
  }
  const keep = ({ token, refreshToken }: { token: string; refreshToken: string }) => {
    canaries.add(`access token ${unique()}`, token)
    canaries.add(`refresh token ${unique()}`, refreshToken)
  }

  const leaver = await signUp('leaver')
  const { succeed, login } = service
  const firstName = canaries.create('first name')
  await succeed(UPDATE, { input: { firstName, username: unique() } }, leaver.token)
  await succeed(UPDATE, { input: { username: null } }, leaver.token)
  await succeed(UPDATE, { input: { username: unique() } }, leaver.token)
  await succeed('mutation { logout }', {}, leaver.token)
  for (let i = 0; i < 3; i++) keep(await login(leaver))
  const newPassword = canaries.create('new password')
  let { token } = await login(leaver)
  await succeed(
    CHANGE,
    { input: { oldPassword: leaver.password, newPassword, confirmNewPassword: newPassword } },
    token,
  )
  const next = { ...leaver, password: newPassword }
  ;({ token } = await login(next))
  await succeed('mutation { logoutAll }', {}, token)
  ;({ token } = await login(next))
  await succeed(
    'mutation ($password: String!) { deleteAccount(password: $password) }',
    { password: newPassword },
    token,
  )
  await accounts.deletion.eraseNow(leaver.id, null)

  const victim = await signUp('victim')
  await succeed(REFRESH, { token: victim.refreshToken })
  expect((await service.graphql(REFRESH, { token: victim.refreshToken })).code).toBe('REFRESH_TOKEN_REUSED')
  for (let i = 0; i < 3; i++) await expect(login({ ...victim, password: 'wrong password' })).rejects.toThrow()

  const returner = await signUp('returner')
  await succeed('mutation { acceptTerms(version: "2026-11") { id } requestDataExport }', {}, returner.token)
  await succeed('mutation ($p: String) { deleteAccount(password: $p) }', { p: returner.password }, returner.token)
  await expect(login(returner)).rejects.toThrow()
  await accounts.operation.enable(returner.id)

  const other = await signUp('other')
  await succeed(REVOKE, { id: sessionOf(other) }, other.token)
  // The last administrator can't be removed.
  const boss = await signUp('boss')
  await accounts.roles.setRole({ id: boss.id }, 'ADMIN', null)
  const { token: bossToken } = await login(boss)
  const invite = 'mutation { createInvitation(input: { email: "guest@example.com" }) { code } }'
  const { code } = (await succeed(invite, {}, bossToken)).createInvitation as { code: string }
  canaries.add('invitation', code)
  await accounts.roles.setRole({ id: other.id }, 'ADMIN', null)
  await accounts.roles.setRole({ id: other.id }, 'USER', null)
  await accounts.operation.disable(other.id)
  await accounts.operation.enable(other.id)
  keep(await login(other))
  await sessions.endEveryone()

  await useCodes(await signUp('mailed'), keep)
  await useSecondFactor(await signUp('careful'))

  const passkeys = passkeysOf(service)
  const holder = await signUp('holder')
  const { passkey } = await passkeys.add(holder)
  await succeed(REMOVE_PASSKEY, { id: passkey.id }, holder.token)

  const imported = {
    line: 1,
    email: `${unique()}@example.com`,
    username: unique(),
    passwordHash: null,
    createdAt: null,
  }
  const profile = { firstName: null, lastName: null, phoneNumber: null, marketingOptIn: false, termsAcceptedAt: null }
  const states = { emailVerifiedAt: null, disabledAt: null }
  const address = { streetName: null, city: null, state: null, zipCode: null, country: null }
  await accounts.imports.start({ isTrial: false }).import({
    ...{ source: null, from: { line: 0, imported: 0, refused: 0 }, refused: 0, line: 1 },
    users: [{ ...imported, profile: { ...profile, ...address, ...states } }],
  })
  await until('the failed logins are recorded', async () => {
    const rows = await service.database.query('SELECT 1 FROM outbox WHERE type = ?', ['user.locked'])
    return rows.length > 0
  })
}

/** Turns two-step verification on and off, twice. */
async function useSecondFactor(user: SignedIn) {
  const { factors } = service.app.services
  const withApp = await addApp(service, user)
  canaries.add('second factor', withApp.secret)
  for (const code of withApp.recoveryCodes) canaries.add(`recovery code ${code}`, code)
  await service.succeed('mutation { replaceRecoveryCodes }', {}, withApp.token)
  const { disableMfa } = await service.succeed('mutation { disableMfa { token } }', {}, withApp.token)
  await addApp(service, { ...user, token: disableMfa.token })
  await factors.changes.remove(user.id)
}

/** Verifies the address, resets the password and changes the address, by codes of mails. */
async function useCodes({ email }: SignedIn, keep: (session: Awaited<ReturnType<Service['login']>>) => void) {
  const { succeed, login } = service
  const codeOf = async (address: string, request: () => Promise<unknown>) =>
    canaries.add(`code ${unique()}`, await codeAfter(service, address, request))
  const request = (name: string) => () => succeed(`mutation ($email: String!) { ${name}(email: $email) }`, { email })
  await succeed(VERIFY, { input: { email, code: await codeOf(email, request('resendVerificationCode')) } })
  const newPassword = canaries.create('reset password')
  const code = await codeOf(email, request('requestPasswordReset'))
  await succeed(RESET, { input: { email, code, newPassword } })
  const session = await login({ email, password: newPassword })
  keep(session)
  const newEmail = `${unique()}@example.com`
  const change = () => succeed(NEW_EMAIL, { input: { newEmail, password: newPassword } }, session.token)
  const confirmation = await codeOf(newEmail, change)
  await succeed('mutation ($code: String!) { confirmEmailChange(code: $code) }', { code: confirmation }, session.token)
}

const typesOf = (name: string) => of(name).map(({ type }) => type)
const of = (name: string) => events.filter(({ userId }) => userId === ids[name]).toSorted((a, b) => a.seq - b.seq)

describe('every type of event', () => {
  it('happens, and has a schema that each event fits', () => {
    const ajv = new Ajv2020({ allErrors: true, formats: { email: true, 'date-time': true, 'uri-reference': true } })
    ajv.addSchema(schemaOf('envelope'), 'envelope.schema.json')
    const seen = new Set<EventType>()
    const samples = SAMPLES.map((sample) => ({ ...events[0]!, ...sample }))
    for (const event of [...events, ...samples]) {
      const schema = schemaOf(event.type) as { properties: { data: { properties: object } } }
      const validate = ajv.getSchema(event.type) ?? ajv.addSchema(schema, event.type).getSchema(event.type)!
      const cloudEvent: unknown = JSON.parse(JSON.stringify(toCloudEvent(event, sourceOf('https://auth.example.com'))))
      expect(validate(cloudEvent), `${event.type}: ${ajv.errorsText(validate.errors)}`).toBe(true)
      // Schemas allow more, so that fields can be added. But every field is described.
      expect(Object.keys(schema.properties.data.properties)).toEqual(expect.arrayContaining(Object.keys(event.data)))
      seen.add(event.type)
    }
    expect([...seen].toSorted()).toEqual(EVENT_TYPES.toSorted())
  })

  it('is recorded in the order of the changes, without gaps', () => {
    expect(typesOf('leaver')).toEqual([
      ...['user.registered', 'user.logged_in', 'user.profile_updated', 'username.changed', 'username.released'],
      ...['username.changed', 'username.released', 'username.changed', 'session.revoked'],
      ...['user.logged_in', 'user.logged_in', 'user.logged_in', 'session.revoked', 'user.logged_in', 'session.revoked'],
      ...['session.revoked', 'password.changed', 'user.logged_in', 'session.revoked', 'user.logged_in'],
      ...['session.revoked', 'user.deletion_requested', 'user.disabled'],
      ...['session.revoked', 'username.released', 'user.deleted'],
    ])
    expect(typesOf('victim')).toEqual([
      ...['user.registered', 'user.logged_in', 'session.reuse_detected', 'session.revoked'],
      ...['user.login_failed', 'user.locked'],
    ])
    expect(typesOf('mailed')).toEqual([
      ...['user.registered', 'user.logged_in', 'mail.verification_requested', 'user.email_verified'],
      ...['mail.password_reset_requested', 'session.revoked', 'password.changed', 'user.logged_in'],
      ...['mail.email_change_requested', 'session.revoked', 'user.email_changed'],
    ])
    expect(typesOf('returner')).toEqual([
      ...['user.registered', 'user.logged_in', 'user.terms_accepted', 'mail.data_export_requested', 'session.revoked'],
      ...['user.deletion_requested', 'user.disabled', 'mail.deletion_link_requested'],
      ...['user.deletion_canceled', 'user.enabled'],
    ])
    expect(typesOf('careful')).toEqual([
      ...['user.registered', 'user.logged_in', 'session.revoked', 'mfa.enabled', 'recovery_codes.replaced'],
      ...['session.revoked', 'mfa.disabled', 'session.revoked', 'mfa.enabled', 'session.revoked', 'mfa.disabled'],
    ])
    for (const name of Object.keys(ids)) expect(of(name).map(({ seq }) => seq)).toEqual(of(name).map((_, i) => i + 1))
  })

  it('says why sessions were revoked, and which', () => {
    const reasons = events.flatMap((event) => (event.type === 'session.revoked' ? [event.data.reason] : []))
    expect(new Set(reasons)).toEqual(
      new Set([
        ...['logout', 'logout_all', 'too_many_sessions', 'password_changed', 'account_deleted'],
        ...['session_revoked', 'refresh_token_reused', 'role_changed', 'user_disabled', 'revoked_by_admin'],
        ...['deletion_requested', 'password_reset', 'email_changed', 'second_factor_changed'],
      ]),
    )
  })

  it('counts failed logins in one event per minute', () => {
    const failed = of('victim').filter(({ type }) => type === 'user.login_failed')
    expect(failed).toHaveLength(1)
  })

  it('contains no password, token or value of the profile', () => {
    expect(canaries.foundIn(JSON.stringify(events))).toEqual([])
  })
})
