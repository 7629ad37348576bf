import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Service, startService } from '../../support/service.js'
import { codeAfter } from '../../support/mail-codes.js'
import {
  addApp,
  ageProof,
  appCode,
  challengeOf,
  claimsOf,
  forgetSteps,
  LOGIN_DEVICE,
  PROFILE,
  REAUTHENTICATE,
  startEnrollment,
  VERIFY,
  type WithApp,
  wrongOf,
} from '../../support/factors.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const ENABLE = 'mutation ($input: EnableMfaInput!) { enableMfa(input: $input) { token recoveryCodes } }'
const DISABLE = 'mutation { disableMfa { token } }'
const START = 'mutation { startMfaEnrollment { secret } }'
const UPDATE_PASSWORD = `mutation ($input: ChangePasswordInput!) {
  updatePassword(input: $input) { token refreshToken deviceToken } }`
const LOGOUT_ALL = 'mutation { logoutAll }'

const newUser = async (): Promise<WithApp> => addApp(service, await service.signUp())
const verify = (input: { challenge: string; code: string; deviceToken?: string; trustDevice?: boolean }) =>
  service.graphql(VERIFY, { input })
const loginOn = ({ email, password }: WithApp, deviceToken: string) =>
  service.graphql(LOGIN_DEVICE, { input: { email, password, deviceToken } })
const newPassword = { newPassword: 'another long one', confirmNewPassword: 'another long one' }

describe('a challenge', () => {
  it('is no token: not in the header, and not as a refresh token', async () => {
    const challenge = await challengeOf(service, await newUser())
    expect((await service.graphql(PROFILE, {}, challenge)).code).toBe('UNAUTHENTICATED')
    const refresh = 'mutation ($token: String!) { refreshToken(token: $token) { token } }'
    expect((await service.graphql(refresh, { token: challenge })).code).toBe('UNAUTHENTICATED')
  })

  it('is used up by a sign-in, also if two happen at once with different codes', async () => {
    const user = await newUser()
    const challenge = await challengeOf(service, user)
    const codes = [appCode(user.secret), user.recoveryCodes[0]!, user.recoveryCodes[1]!]
    const answers = await Promise.all(codes.map((code) => verify({ challenge, code })))
    expect(answers.filter(({ code }) => code === undefined)).toHaveLength(1)
    expect((await verify({ challenge, code: user.recoveryCodes[2]! })).code).toBe('UNAUTHENTICATED')
  })

  it('takes codes of its own account only', async () => {
    const [user, other] = [await newUser(), await newUser()]
    const challenge = await challengeOf(service, user)
    for (const code of [appCode(other.secret), other.recoveryCodes[0]!])
      expect((await verify({ challenge, code })).code).toBe('INVALID_CODE')
  })

  it('takes five guesses, and then not even the right code', async () => {
    const user = await newUser()
    const challenge = await challengeOf(service, user)
    const code = appCode(user.secret)
    for (let i = 0; i < 5; i++) expect((await verify({ challenge, code: wrongOf(code) })).code).toBe('INVALID_CODE')
    expect((await verify({ challenge, code })).code).toBe('UNAUTHENTICATED')
    expect((await verify({ challenge: await challengeOf(service, user), code })).code).toBeUndefined()
  })

  it('ends after five minutes', async () => {
    const user = await newUser()
    const challenge = await challengeOf(service, user)
    const sql = 'UPDATE sign_in_challenges SET expires_at = expires_at - INTERVAL 300 SECOND WHERE user_id = ?'
    await service.database.query(sql, [user.id])
    expect((await verify({ challenge, code: appCode(user.secret) })).code).toBe('UNAUTHENTICATED')
  })

  it('is of no use to another program, and is stored as a hash only', async () => {
    const user = await newUser()
    const challenge = await challengeOf(service, user)
    const input = { challenge, code: appCode(user.secret) }
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'thief/1.0' },
      body: JSON.stringify({ query: VERIFY, variables: { input } }),
    })
    expect(await response.text()).toContain('UNAUTHENTICATED')
    const rows = await service.database.query('SELECT * FROM sign_in_challenges WHERE user_id = ?', [user.id])
    expect(JSON.stringify(rows)).not.toContain(challenge)
  })

  /** What ends it, though the codes stay right. */
  const endings: [string, (user: WithApp) => Promise<unknown>][] = [
    [
      'a change of the password',
      (user) => {
        const input = { oldPassword: user.password, ...newPassword }
        return service.succeed(UPDATE_PASSWORD, { input }, user.token)
      },
    ],
    ['a logout everywhere', (user) => service.succeed(LOGOUT_ALL, {}, user.token)],
    [
      'turning the second factor off and on again',
      async (user) => {
        const { disableMfa } = await service.succeed(DISABLE, {}, user.token)
        Object.assign(user, await addApp(service, { ...user, token: disableMfa.token }))
      },
    ],
    ['an operator who disables the account', (user) => service.app.services.accounts.operation.disable(user.id)],
  ]
  it.each(endings)('is void after %s', async (_, end) => {
    const user = await newUser()
    const challenge = await challengeOf(service, user)
    await end(user)
    expect((await verify({ challenge, code: appCode(user.secret) })).code).toBe('UNAUTHENTICATED')
  })
})

describe('a code', () => {
  it('works once, however many sign-ins use it at the same time, and codes before it no more', async () => {
    const user = await newUser()
    const challenges = await Promise.all(Array.from({ length: 4 }, () => challengeOf(service, user)))
    const code = appCode(user.secret, 1)
    const answers = await Promise.all(challenges.map((challenge) => verify({ challenge, code })))
    expect(answers.map(({ code }) => code ?? 'success').toSorted()).toEqual([
      ...['INVALID_CODE', 'INVALID_CODE', 'INVALID_CODE', 'success'],
    ])
    const challenge = await challengeOf(service, user)
    expect((await verify({ challenge, code: appCode(user.secret, 0) })).code).toBe('INVALID_CODE')
  })

  it('that turned the second factor on does not sign in', async () => {
    const user = await service.signUp()
    const { secret, enrollment } = await startEnrollment(service, user)
    const code = appCode(secret)
    await service.succeed(ENABLE, { input: { enrollment, code } }, user.token)
    expect((await verify({ challenge: await challengeOf(service, user), code })).code).toBe('INVALID_CODE')
  })

  it('of five minutes ago, or from now, is wrong', async () => {
    const user = await newUser()
    for (const steps of [-10, -3, 3, 10])
      expect(
        (await verify({ challenge: await challengeOf(service, user), code: appCode(user.secret, steps) })).code,
      ).toBe('INVALID_CODE')
  })

  it('can be guessed a hundred times a day in all, whatever the number of challenges and of sessions', async () => {
    const user = await newUser()
    await service.database.query('DELETE FROM verification_counts')
    const code = appCode(user.secret)
    let challenge = await challengeOf(service, user)
    expect((await verify({ challenge, code: wrongOf(code) })).code).toBe('INVALID_CODE')
    await service.database.query('UPDATE verification_counts SET count = 100')
    challenge = await challengeOf(service, user)
    const limited = await verify({ challenge, code })
    expect(limited.errors[0]!.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
    expect((await service.graphql(REAUTHENTICATE, { input: { code } }, user.token)).code).toBe('RATE_LIMITED')
    // Another password renews nothing. A device that has signed in has a limit of its own.
    const input = { oldPassword: user.password, ...newPassword }
    const { updatePassword } = await service.succeed(UPDATE_PASSWORD, { input }, user.token)
    challenge = await challengeOf(service, { ...user, password: newPassword.newPassword })
    expect((await verify({ challenge, code })).code).toBe('RATE_LIMITED')
    expect((await verify({ challenge, code, deviceToken: updatePassword.deviceToken })).code).toBeUndefined()
  })

  it('and the secret, are nowhere in the database as they are', async () => {
    const user = await newUser()
    const rows = [
      await service.database.query('SELECT secret FROM credentials WHERE user_id = ?', [user.id]),
      await service.database.query('SELECT code_mac FROM recovery_codes WHERE user_id = ?', [user.id]),
    ]
    const text = JSON.stringify(rows)
    expect(text).not.toContain(user.secret)
    for (const code of user.recoveryCodes) expect(text).not.toContain(code.replaceAll('-', ''))
  })
})

describe('the second factor is not skipped', () => {
  it('by a password reset, which starts no session', async () => {
    const user = await newUser()
    const request = 'mutation ($email: String!) { requestPasswordReset(email: $email) }'
    const code = await codeAfter(service, user.email, () => service.succeed(request, { email: user.email }))
    const reset = 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }'
    const password = 'reset to this one'
    const { resetPassword } = await service.succeed(reset, {
      input: { email: user.email, code, newPassword: password },
    })
    expect(resetPassword).toBe(true)
    const challenge = await challengeOf(service, { ...user, password })
    expect((await verify({ challenge, code: appCode(user.secret) })).code).toBeUndefined()
  })

  it('by the device of another user, of another generation, or with a date that was changed', async () => {
    const [user, other] = [await newUser(), await newUser()]
    const trust = async (whose: WithApp) => {
      const input = { challenge: await challengeOf(service, whose), code: appCode(whose.secret), trustDevice: true }
      return (await verify(input)).data!['verifyMfa'] as { token: string; deviceToken: string }
    }
    const [mine, theirs] = [await trust(user), await trust(other)]
    expect((await loginOn(user, mine.deviceToken)).code).toBeUndefined()
    expect((await loginOn(user, theirs.deviceToken)).code).toBe('MFA_REQUIRED')
    const [device, until, mac] = mine.deviceToken.split('.')
    for (const token of [`${device}.${Number(until) + 1}.${mac}`, `${device}.${mac}`, `${device}.9999999999.${mac}`])
      expect((await loginOn(user, token)).code).toBe('MFA_REQUIRED')
    const input = { oldPassword: user.password, ...newPassword }
    const { updatePassword } = await service.succeed(UPDATE_PASSWORD, { input }, mine.token)
    const changed = { ...user, password: newPassword.newPassword }
    for (const token of [mine.deviceToken, updatePassword.deviceToken])
      expect((await loginOn(changed, token)).code).toBe('MFA_REQUIRED')
  })

  it('by updatePassword, which keeps the factors of the session and the age of its proof', async () => {
    const user = await service.signUp()
    const aged = await ageProof(service, user, 3600)
    const before = claimsOf(aged.token)
    const input = { oldPassword: user.password, ...newPassword }
    const { updatePassword } = await service.succeed(UPDATE_PASSWORD, { input }, aged.token)
    for (const claim of ['auth_time', 'amr', 'acr'])
      expect(claimsOf(updatePassword.token)[claim]).toEqual(before[claim])
    expect((await service.graphql(START, {}, updatePassword.token)).code).toBe('REAUTHENTICATION_REQUIRED')
  })
})

it('an account whose address is not verified gets no second factor, as its owner may be someone else', async () => {
  const { token } = await service.signUp()
  expect((await service.graphql(START, {}, token)).code).toBe('EMAIL_NOT_VERIFIED')
})

describe('a stolen session', () => {
  it('can neither turn the second factor on nor off, nor make recovery codes', async () => {
    const plain = await ageProof(service, await service.signUp(), 601)
    expect((await service.graphql(START, {}, plain.token)).code).toBe('REAUTHENTICATION_REQUIRED')
    const user = await newUser()
    const { token } = await ageProof(service, user, 601)
    for (const query of [START, DISABLE, 'mutation { replaceRecoveryCodes }'])
      expect((await service.graphql(query, {}, token)).code).toBe('REAUTHENTICATION_REQUIRED')
  })

  it('is not recent because a clock was wrong, so that its proof is from the future', async () => {
    const { token } = await ageProof(service, await newUser(), -3600)
    expect((await service.graphql(DISABLE, {}, token)).code).toBe('REAUTHENTICATION_REQUIRED')
  })

  it('and the password, are not enough where there is a second factor', async () => {
    const user = await newUser()
    const { token } = await ageProof(service, user, 601)
    const { password } = user
    const own = await service.graphql(REAUTHENTICATE, { input: { password } }, token)
    expect(own.errors[0]!.extensions.fields).toMatchObject([{ path: 'code' }])
    const wrong = await service.graphql(REAUTHENTICATE, { input: { password: 'wrong' } }, token)
    expect(wrong.errors[0]!.extensions.fields).toEqual(own.errors[0]!.extensions.fields)
    const operations: [string, object][] = [
      [UPDATE_PASSWORD, { input: { oldPassword: password, ...newPassword } }],
      [
        'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }',
        { input: { oldPassword: password, ...newPassword } },
      ],
      [
        'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }',
        { input: { newEmail: 'a@example.com', password } },
      ],
      ['mutation ($password: String!) { deleteAccount(password: $password) }', { password }],
    ]
    for (const [query, variables] of operations)
      expect((await service.graphql(query, variables, token)).code).toBe('REAUTHENTICATION_REQUIRED')
  })

  it('does not become fresh by a refresh', async () => {
    const { token, refreshToken } = await ageProof(service, await newUser(), 601)
    const refresh = 'mutation ($token: String!) { refreshToken(token: $token) { token } }'
    const next = (await service.succeed(refresh, { token: refreshToken })).refreshToken
    expect(claimsOf(next.token)['auth_time']).toBe(claimsOf(token)['auth_time'])
    expect((await service.graphql(DISABLE, {}, next.token)).code).toBe('REAUTHENTICATION_REQUIRED')
  })

  it('can complete no enrollment that another session has started', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    const { secret, enrollment } = await startEnrollment(service, user)
    for (const [token, input] of [
      [other.token, { enrollment, code: appCode(secret) }],
      [user.token, { enrollment: `${enrollment.slice(0, -4)}AAAA`, code: appCode(secret) }],
      [user.token, { enrollment: 'nothing', code: appCode(secret) }],
    ] as const)
      expect((await service.graphql(ENABLE, { input }, token)).code).toBe('INVALID_INPUT')
    const wrong = await service.graphql(ENABLE, { input: { enrollment, code: wrongOf(appCode(secret)) } }, user.token)
    expect(wrong.code).toBe('INVALID_CODE')
  })
})

it('reauthenticates with a code once, and with either a password or a code', async () => {
  const user = await newUser()
  await forgetSteps(service, user)
  const code = appCode(user.secret)
  const { reauthenticate } = await service.succeed(REAUTHENTICATE, { input: { code } }, user.token)
  expect((await service.graphql(REAUTHENTICATE, { input: { code } }, reauthenticate.token)).code).toBe('INVALID_CODE')
  for (const input of [{}, { password: 'a', code: '123456' }])
    expect((await service.graphql(REAUTHENTICATE, { input }, reauthenticate.token)).code).toBe('INVALID_INPUT')
})
