import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authenticator, CREATED, type Said, SYNCED, USED } from '../../support/authenticator.js'
import { LOGIN, type SignedIn, unique } from '../../support/client.js'
import { verifyAddress } from '../../support/factors.js'
import { codeAfter, mailsTo } from '../../support/mail-codes.js'
import { challengeAt, PAGES, passkeysOf, reasonOf, sessionOf } from '../../support/passkeys.js'
import { type LogLine, type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let passkeys: ReturnType<typeof passkeysOf>
const lines: LogLine[] = []

beforeAll(async () => {
  service = await startService({ ...PAGES, LOG_LEVEL: 'warn' }, { onLine: (line) => lines.push(line) })
  passkeys = passkeysOf(service)
})
afterAll(() => service.stop())

const VERIFY = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) }'
const REQUEST_RESET = 'mutation ($email: String!) { requestPasswordReset(email: $email) }'
const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'

describe('a sign-in refuses', () => {
  let user: SignedIn
  let authenticator: Authenticator
  let other: Awaited<ReturnType<typeof passkeys.add>>

  beforeAll(async () => {
    user = await service.signUp()
    ;({ authenticator } = await passkeys.add(user, { signCount: 5 }))
    other = await passkeys.add(await service.signUp())
  })

  const later = { signCount: 100 }
  const past = new Date(Date.now() - 301_000)
  const attacks: [name: string, () => Partial<Said>, answer?: string][] = [
    ['the page of another site', () => ({ origin: 'https://example.com.evil.example' })],
    ['a page that is not in PASSKEY_ORIGINS', () => ({ origin: 'https://forum.example.com' })],
    ['the page without HTTPS', () => ({ origin: 'http://auth.example.com' })],
    ['a frame in another page', () => ({ crossOrigin: true, topOrigin: 'https://evil.example' })],
    ['a page that says it is framed by none, but by which', () => ({ topOrigin: 'https://evil.example' })],
    ['another RP id', () => ({ rpId: 'auth.example.com' })],
    ['a passkey that has not verified the person', () => ({ flags: 1 })],
    ['a passkey that nobody has touched', () => ({ flags: 4 })],
    ['the response to a registration', () => ({ type: 'webauthn.create' })],
    ['a challenge that it has not issued', () => ({ challenge: randomBytes(54).toString('base64url') })],
    [
      'a challenge for a registration',
      () => ({ challenge: challengeAt(new Date(), 'register', sessionOf(user.token)) }),
    ],
    [
      'a challenge to reauthenticate',
      () => ({ challenge: challengeAt(new Date(), 'reauthenticate', sessionOf(user.token)) }),
    ],
    ['a challenge that has expired', () => ({ challenge: challengeAt(past, 'login') }), 'CHALLENGE_EXPIRED'],
    ['a passkey that says it is of someone else', () => ({ userHandle: randomBytes(32).toString('base64url') })],
    ['a passkey that does not say whose it is', () => ({ userHandle: null })],
    [
      'the passkey of another account, signed with the own key',
      () => ({ credentialId: other.authenticator.credentialId }),
    ],
    ['a passkey that can be copied all of a sudden', () => ({ flags: USED | 8 })],
    ['a passkey that is copied but can not be', () => ({ flags: USED | 16 })],
    ['a counter that has not risen', () => ({ signCount: 5 })],
    ['a counter that goes backwards', () => ({ signCount: 4 })],
    ['a counter that starts again', () => ({ signCount: 0 })],
    ['a passkey that it does not know', () => ({ credentialId: randomBytes(32) }), 'UNKNOWN_PASSKEY'],
  ]

  it.each(attacks)('%s', async (_, changes, answer = 'INVALID_CREDENTIALS') => {
    const refused = await passkeys.use(authenticator, { ...later, ...changes() })
    expect(refused.data).toBeNull()
    expect(reasonOf(refused)).toBe(answer)
  })

  it('a response in which one field is altered', async () => {
    const { id: _, rawId: __, ...genuine } = authenticator.get(await passkeys.startLogin(), later)
    const id = authenticator.credentialId.toString('base64url')
    const flipped = (text: string, at: number) =>
      `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
    for (const field of ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'] as const) {
      const text = genuine.response[field]!
      for (const at of [0, Math.floor(text.length / 2), text.length - 2]) {
        const response = { ...genuine.response, [field]: flipped(text, at) }
        expect([field, at, (await passkeys.finishLogin({ ...genuine, id, rawId: id, response })).data]).toEqual([
          field,
          at,
          null,
        ])
      }
    }
    for (const ids of [
      { id: flipped(id, 3), rawId: id },
      { id, rawId: flipped(id, 3) },
      { id: '', rawId: '' },
    ])
      expect(await passkeys.finishLogin({ ...genuine, ...ids })).toMatchObject({ status: 200, data: null })
    for (const response of [[], 'text', 1, null, {}, { response: {} }, { ...genuine, id, rawId: id, type: 'password' }])
      expect((await passkeys.finishLogin(response as object)).code).toBe('INVALID_INPUT')
    // Nothing of that has used up the challenge, or changed the passkey.
    expect((await passkeys.finishLogin({ ...genuine, id, rawId: id })).code).toBeUndefined()
    expect(reasonOf(await passkeys.finishLogin({ ...genuine, id, rawId: id }))).toBe('INVALID_CREDENTIALS')
  })

  it('the second of two responses, also at once, and with a counter that does not count', async () => {
    const { authenticator: synced } = await passkeys.add(user, { flags: CREATED | SYNCED })
    const response = synced.get(await passkeys.startLogin(), { flags: USED | SYNCED })
    const answers = await Promise.all([1, 2, 3, 4].map(() => passkeys.finishLogin(response)))
    expect(answers.filter(({ data }) => data !== null)).toHaveLength(1)
    expect(reasonOf(await passkeys.finishLogin(response))).toBe('INVALID_CREDENTIALS')
  })

  it('a disabled account like a wrong signature', async () => {
    const disabled = await service.signUp()
    const { authenticator: own } = await passkeys.add(disabled)
    await service.app.services.accounts.operation.disable(disabled.id)
    const answers = [await passkeys.use(own), await passkeys.use(authenticator, { ...later, flags: 1 })]
    const texts = answers.map(({ text }) => text.replace(/"requestId":"[^"]+"/, ''))
    expect(texts[0]).toBe(texts[1])
    expect(answers[0]!.data).toBeNull()
  })

  it('and tells the operator and the owner why', async () => {
    const owner = { userId: user.id, securityEvent: 'passkey_counter_not_raised' }
    expect(lines).toContainEqual(expect.objectContaining(owner))
    await until('the refusals are in the audit log', async () => {
      const rows = await service.database.query(
        `SELECT facts FROM audit_entries WHERE account_id = ? AND action = 'LOGIN' AND result = 'FAILURE'`,
        [user.id],
      )
      return rows.length > 0
    })
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/^auth_passkey_logins_total\{status="refused"\} [1-9]/m)
  })
})

describe('a reset of the password', () => {
  it('removes a passkey from before the address was verified, and no later one', async () => {
    const waiting = await service.signUp()
    const { authenticator: early } = await passkeys.add(waiting)
    // The owner of the address types the code of a mail that they have not requested.
    const [{ code } = { code: '' }] = await mailsTo(service, waiting.email)
    await service.succeed(VERIFY, { input: { email: waiting.email, code } })
    const { authenticator: late } = await passkeys.add(waiting)
    const request = () => service.succeed(REQUEST_RESET, { email: waiting.email })
    const reset = { email: waiting.email, code: await codeAfter(service, waiting.email, request) }
    await service.succeed(RESET, { input: { ...reset, newPassword: 'battery staple 7' } })
    expect(reasonOf(await passkeys.use(early))).toBe('UNKNOWN_PASSKEY')
    expect((await passkeys.use(late)).code).toBeUndefined()
  })

  /** Signed in, with a verified address and a passkey. */
  async function owner() {
    const user = await service.signUp()
    await verifyAddress(service, user)
    return { ...user, ...(await passkeys.add(user)) }
  }
  const codeFor = (email: string) => codeAfter(service, email, () => service.succeed(REQUEST_RESET, { email }))

  it('keeps passkeys of an account whose address was changed since', async () => {
    const { password, token, authenticator } = await owner()
    const newEmail = `${unique()}@example.com`
    const code = await codeAfter(service, newEmail, () =>
      service.succeed(
        'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }',
        { input: { newEmail, password } },
        token,
      ),
    )
    await service.succeed('mutation ($code: String!) { confirmEmailChange(code: $code) }', { code }, token)
    const input = { email: newEmail, code: await codeFor(newEmail), newPassword: 'battery staple 7' }
    await service.succeed(RESET, { input })
    expect((await passkeys.use(authenticator)).code).toBeUndefined()
  })

  it('adds no password to an account that has a passkey and none (ASVS 6.4.3)', async () => {
    const { id, email, authenticator } = await owner()
    await service.database.query("DELETE FROM credentials WHERE kind = 'PASSWORD' AND user_id = ?", [id])
    const newPassword = 'battery staple 7'
    const input = { email, code: await codeFor(email), newPassword }
    expect((await service.graphql(RESET, { input })).code).toBe('FORBIDDEN')
    expect((await service.graphql(LOGIN, { input: { email, password: newPassword } })).code).toBe('UNAUTHENTICATED')

    // Its owner has the passkey.
    const { token } = (await passkeys.use(authenticator)).data!['finishPasskeyLogin'] as { token: string }
    const change = { oldPassword: '', newPassword, confirmNewPassword: newPassword }
    const query = 'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token } }'
    await service.succeed(query, { input: change }, token)
    expect((await service.graphql(LOGIN, { input: { email, password: newPassword } })).code).toBeUndefined()
  })
})
