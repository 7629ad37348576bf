import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique, type SignedIn } from '../../support/client.js'
import { codeAfter, mailsAreHandled, mailsTo } from '../../support/mail-codes.js'
import { startService, type Service } from '../../support/service.js'

const VERIFY = 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) }'
const RESEND = 'mutation ($email: String!) { resendVerificationCode(email: $email) }'
const REQUEST_RESET = 'mutation ($email: String!) { requestPasswordReset(email: $email) }'
const RESET = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
const REQUEST_CHANGE = 'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }'
const CONFIRM_CHANGE = 'mutation ($code: String!) { confirmEmailChange(code: $code) }'
const PROFILE = '{ profile { email isEmailVerified } }'
const ACTIVITY = '{ myActivity(first: 5) { edges { node { action result } } } }'
const NEW_PASSWORD = 'battery staple 7'

let service: Service
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_LOGIN: '3/60' })
})
afterAll(() => service.stop())

const requestReset = (email: string) => service.succeed(REQUEST_RESET, { email })
const reset = (email: string, code: string, newPassword = NEW_PASSWORD) =>
  service.graphql(RESET, { input: { email, code, newPassword } })
const verify = (email: string, code: string) => service.graphql(VERIFY, { input: { email, code } })
const resetCode = (email: string) => codeAfter(service, email, () => requestReset(email))
const wrong = (code: string): string => String((Number(code) + 1) % 1e8).padStart(8, '0')
const expire = (email: string) =>
  service.database.query(
    `UPDATE verification_codes c JOIN users u ON u.id = c.user_id SET c.expires_at = UTC_TIMESTAMP(3) WHERE u.email = ?`,
    [email],
  )
const eventsOf = async ({ id }: { id: string }) =>
  (await service.database.query<{ type: string }>('SELECT type FROM outbox WHERE user_id = ? ORDER BY seq', [id])).map(
    ({ type }) => type,
  )
const changeCode = (user: SignedIn, newEmail: string) =>
  codeAfter(service, newEmail, () =>
    service.succeed(REQUEST_CHANGE, { input: { newEmail, password: user.password } }, user.token),
  )
const actionsOf = async (token: string) => {
  const { myActivity } = await service.succeed(ACTIVITY, {}, token)
  return (myActivity.edges as { node: { action: string; result: string } }[]).map(({ node }) => node.action)
}

describe('verifyEmail', () => {
  it('verifies the address by the code of the registration, once', async () => {
    const user = await service.signUp()
    expect((await service.succeed(PROFILE, {}, user.token)).profile.isEmailVerified).toBe(false)
    const [{ code } = { code: '' }] = await mailsTo(service, user.email)
    // As people copy it from a mail, and with another letter case of the address.
    expect((await verify(user.email.toUpperCase(), ` ${code.slice(0, 4)} ${code.slice(4)}`)).data).toEqual({
      verifyEmail: true,
    })
    expect((await service.succeed(PROFILE, {}, user.token)).profile.isEmailVerified).toBe(true)
    expect(await eventsOf(user)).toContain('user.email_verified')
    expect(await actionsOf(user.token)).toContain('VERIFY_EMAIL')
    expect((await verify(user.email, code)).code).toBe('INVALID_CODE')
  })

  it('refuses a code after five wrong ones, after ten minutes, and once a newer one was sent', async () => {
    const { email } = await service.register()
    const [{ code } = { code: '' }] = await mailsTo(service, email)
    const newer = await codeAfter(service, email, () => service.succeed(RESEND, { email }))
    expect((await verify(email, code)).code).toBe('INVALID_CODE')
    // At once: each of them counts.
    await Promise.all([1, 2, 3, 4].map(() => verify(email, wrong(newer))))
    expect((await verify(email, newer)).code).toBe('INVALID_CODE')
    const third = await codeAfter(service, email, () => service.succeed(RESEND, { email }))
    await expire(email)
    expect((await verify(email, third)).code).toBe('INVALID_CODE')
  })

  it('sends no code to an address that is verified, at most five an hour, and after twenty in a day one an hour', async () => {
    const verified = await service.register()
    await verify(verified.email, (await mailsTo(service, verified.email))[0]!.code)
    const flooded = await service.register()
    for (const { email } of [verified, ...Array.from({ length: 7 }, () => flooded)])
      await service.succeed(RESEND, { email })
    await mailsAreHandled(service)
    expect(await mailsTo(service, verified.email)).toHaveLength(1)
    // With that of the registration.
    expect(await mailsTo(service, flooded.email)).toHaveLength(6)
    for (let i = 0; i < 14; i++) await service.succeed(RESEND, { email: flooded.email })
    await mailsAreHandled(service)
    const nextHour = 'ends_at < UTC_TIMESTAMP(3) + INTERVAL 2 HOUR'
    await service.database.query(`UPDATE verification_counts SET ends_at = UTC_TIMESTAMP(3) WHERE ${nextHour}`)
    for (let i = 0; i < 2; i++) await service.succeed(RESEND, { email: flooded.email })
    await mailsAreHandled(service)
    expect(await mailsTo(service, flooded.email)).toHaveLength(7)
  })
})

describe('resetPassword', () => {
  it('sets the password, ends every session and the lock, and verifies the address', async () => {
    const user = await service.signUp()
    for (let i = 0; i < 3; i++) await service.login({ ...user, password: 'wrong' }).catch(() => undefined)
    await expect(service.login(user)).rejects.toThrow('RATE_LIMITED')
    const code = await resetCode(user.email)
    expect((await reset(user.email, code)).data).toEqual({ resetPassword: true })
    expect((await service.graphql(PROFILE, {}, user.token)).code).toBe('UNAUTHENTICATED')
    await expect(service.login(user)).rejects.toThrow('UNAUTHENTICATED')
    const { token } = await service.login({ ...user, password: NEW_PASSWORD })
    expect((await service.succeed(PROFILE, {}, token)).profile.isEmailVerified).toBe(true)
    expect(await eventsOf(user)).toEqual(expect.arrayContaining(['password.changed', 'user.email_verified']))
    expect(await actionsOf(token)).toEqual(expect.arrayContaining(['REQUEST_PASSWORD_RESET', 'RESET_PASSWORD']))
    expect((await reset(user.email, code)).code).toBe('INVALID_CODE')
  })

  it('refuses a password that is a name of the account, and keeps the code for another one', async () => {
    const user = await service.register({ username: unique('reset') })
    const code = await resetCode(user.email)
    for (let i = 0; i < 6; i++) {
      const { code: refusal, errors } = await reset(user.email, code, user.username)
      expect(refusal).toBe('WEAK_PASSWORD')
      expect(errors[0]!.extensions.fields![0]!.path).toBe('newPassword')
    }
    expect((await reset(user.email, code)).code).toBeUndefined()
  })

  it('works once, however many use the code at the same time', async () => {
    const user = await service.register()
    const code = await resetCode(user.email)
    const answers = await Promise.all([1, 2, 3, 4].map((n) => reset(user.email, code, `${NEW_PASSWORD}${n}`)))
    expect(answers.filter(({ data }) => data?.['resetPassword'] === true)).toHaveLength(1)
  })

  it('refuses a code from before the password was changed', async () => {
    const user = await service.signUp()
    const code = await resetCode(user.email)
    const input = { oldPassword: user.password, newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD }
    await service.succeed(
      'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { expiresAt } }',
      { input },
      user.token,
    )
    expect((await reset(user.email, code)).code).toBe('INVALID_CODE')
  })

  it('answers the same for an address without an account, and for a disabled one', async () => {
    const disabled = await service.register()
    await service.app.services.accounts.operation.disable(disabled.id)
    const known = await service.register()
    const addresses = [`${unique()}@example.com`, disabled.email, known.email]
    const answers = []
    for (const email of addresses) answers.push((await service.graphql(REQUEST_RESET, { email })).text)
    expect(new Set(answers).size).toBe(1)
    const refusals = []
    for (const email of addresses) {
      const { errors } = await reset(email, '12345678')
      const { requestId: _, ...extensions } = errors[0]!.extensions
      refusals.push(JSON.stringify({ ...errors[0], extensions }))
    }
    expect(new Set(refusals).size).toBe(1)
    await mailsAreHandled(service)
    expect((await mailsTo(service, disabled.email)).map(({ type }) => type)).toEqual(['user.registered'])
  })
})

describe('confirmEmailChange', () => {
  it('changes the address, and ends all other sessions', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    const newEmail = `${unique('new')}@example.com`
    const code = await changeCode(user, newEmail)
    expect((await service.succeed(PROFILE, {}, user.token)).profile.email).toBe(user.email)
    const resetBefore = await resetCode(user.email)
    expect((await service.graphql(CONFIRM_CHANGE, { code }, user.token)).data).toEqual({ confirmEmailChange: true })
    expect((await service.succeed(PROFILE, {}, user.token)).profile).toEqual({ email: newEmail, isEmailVerified: true })
    expect((await service.graphql(PROFILE, {}, other.token)).code).toBe('UNAUTHENTICATED')
    // What was sent to the address before is worth nothing.
    expect((await reset(user.email, resetBefore)).code).toBe('INVALID_CODE')
    expect((await reset(newEmail, resetBefore)).code).toBe('INVALID_CODE')
    expect(await eventsOf(user)).toContain('user.email_changed')
    expect(await actionsOf(user.token)).toEqual(expect.arrayContaining(['REQUEST_EMAIL_CHANGE', 'CHANGE_EMAIL']))
    await service.login({ ...user, email: newEmail })
  })

  it('requires the password, and the code of the signed-in user', async () => {
    const [user, stranger] = [await service.signUp(), await service.signUp()]
    const newEmail = `${unique('new')}@example.com`
    const refused = await service.graphql(REQUEST_CHANGE, { input: { newEmail, password: 'wrong' } }, user.token)
    expect(refused.errors[0]!.extensions.fields![0]!.path).toBe('password')
    const code = await changeCode(user, newEmail)
    expect((await service.graphql(CONFIRM_CHANGE, { code }, stranger.token)).code).toBe('INVALID_CODE')
  })

  it('gives an address to one of two accounts that confirm it at once', async () => {
    const users = [await service.signUp(), await service.signUp()]
    const newEmail = `${unique('new')}@example.com`
    const codes: string[] = []
    for (const user of users) codes.push(await changeCode(user, newEmail))
    const answers = await Promise.all(
      users.map(({ token }, i) => service.graphql(CONFIRM_CHANGE, { code: codes[i] }, token)),
    )
    expect(answers.map(({ code }) => code ?? 'changed').toSorted()).toEqual(['EMAIL_EXISTS', 'changed'])
  })

  it('answers the same if another account has the address', async () => {
    const [user, owner] = [await service.signUp(), await service.register()]
    const code = await changeCode(user, owner.email)
    expect((await service.graphql(CONFIRM_CHANGE, { code }, user.token)).code).toBe('EMAIL_EXISTS')
  })
})
