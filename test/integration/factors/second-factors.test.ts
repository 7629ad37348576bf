import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Service, startService } from '../../support/service.js'
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
  verifyAddress,
  type WithApp,
} from '../../support/factors.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const STATE = '{ mfa { isEnabled enabledAt recoveryCodesLeft isRequired } }'
const REPLACE = 'mutation { replaceRecoveryCodes }'
const DISABLE = 'mutation { disableMfa { token refreshToken deviceToken } }'

const stateOf = async ({ token }: { token: string }) => (await service.succeed(STATE, {}, token)).mfa
const newUser = async (): Promise<WithApp> => addApp(service, await service.signUp())

/** Both steps of a sign-in. */
async function signIn(user: WithApp, code: string, trustDevice = false) {
  const challenge = await challengeOf(service, user)
  const { verifyMfa } = await service.succeed(VERIFY, { input: { challenge, code, trustDevice } })
  return verifyMfa as { token: string; refreshToken: string; deviceToken: string }
}

const loginOn = ({ email, password }: WithApp, deviceToken: string) =>
  service.graphql(LOGIN_DEVICE, { input: { email, password, deviceToken } })

describe('two-step verification', () => {
  it('is off, and on once the app has shown that it has the secret, in this session only', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    expect(await stateOf(user)).toEqual({
      isEnabled: false,
      enabledAt: null,
      recoveryCodesLeft: 0,
      isRequired: false,
    })
    const enrolled = await addApp(service, user)
    expect(await stateOf(enrolled)).toMatchObject({ isEnabled: true, recoveryCodesLeft: 10 })
    expect(enrolled.recoveryCodes).toHaveLength(10)
    expect(new Set(enrolled.recoveryCodes).size).toBe(10)
    for (const code of enrolled.recoveryCodes)
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(claimsOf(enrolled.token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })
    for (const { token } of [other, user])
      expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
  })

  it('shows the app a URI with the name of the service and the address', async () => {
    const user = await service.signUp()
    const { secret, uri } = await startEnrollment(service, user)
    const url = new URL(uri)
    expect(decodeURIComponent(url.pathname)).toBe(`/Postern:${user.email}`)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ issuer: 'Postern', secret, algorithm: 'SHA1', digits: '6', period: '30' },
    })
  })

  it('demands a code after the password, and starts a session with both factors', async () => {
    const user = await newUser()
    const answer = await service.graphql(LOGIN_DEVICE, { input: { email: user.email, password: user.password } })
    expect(answer.errors[0]!.extensions).toEqual({
      code: 'MFA_REQUIRED',
      challenge: expect.stringMatching(/^mfa_[\w-]{43}$/),
      methods: ['TOTP', 'RECOVERY_CODE'],
      expiresAt: expect.any(String),
      requestId: expect.any(String),
    })
    const { token } = await signIn(user, appCode(user.secret))
    expect(claimsOf(token)).toMatchObject({ sub: user.id, amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', roles: ['USER'] })
    await service.succeed(PROFILE, {}, token)
  })

  it('accepts codes with spaces, of the next step, and recovery codes in any case, each once', async () => {
    const user = await newUser()
    await signIn(user, appCode(user.secret, 1).replace(/^(...)/, '$1 '))
    const [first = '', second = ''] = user.recoveryCodes
    const { token } = await signIn(user, first.toLowerCase())
    expect(claimsOf(token)).toMatchObject({ amr: ['pwd', 'rc', 'mfa'], acr: 'aal2' })
    await signIn(user, second.replaceAll('-', ' '))
    expect(await stateOf({ token })).toMatchObject({ recoveryCodesLeft: 8 })
    const challenge = await challengeOf(service, user)
    const again = await service.graphql(VERIFY, { input: { challenge, code: first } })
    expect(again.code).toBe('INVALID_CODE')
  })

  it('replaces recovery codes as a set', async () => {
    const user = await newUser()
    const { replaceRecoveryCodes: codes } = await service.succeed(REPLACE, {}, user.token)
    expect(codes).toHaveLength(10)
    const challenge = await challengeOf(service, user)
    const old = await service.graphql(VERIFY, { input: { challenge, code: user.recoveryCodes[0] } })
    expect(old.code).toBe('INVALID_CODE')
    await signIn(user, codes[0])
  })

  it('can be turned off, and the app be replaced by another one', async () => {
    const user = await newUser()
    const second = await addApp(service, user)
    expect(second.secret).not.toBe(user.secret)
    const { disableMfa: off } = await service.succeed(DISABLE, {}, second.token)
    expect(claimsOf(off.token)).toMatchObject({ amr: ['pwd'], acr: 'aal1' })
    expect(await stateOf(off)).toMatchObject({ isEnabled: false, recoveryCodesLeft: 0 })
    await service.login(user)
    for (const query of [DISABLE, REPLACE]) expect((await service.graphql(query, {}, off.token)).code).toBe('NOT_FOUND')
  })
})

describe('a trusted device', () => {
  it('needs no code for 30 days, and has one factor', async () => {
    const user = await newUser()
    const plain = await signIn(user, appCode(user.secret))
    expect((await loginOn(user, plain.deviceToken)).code).toBe('MFA_REQUIRED')
    await forgetSteps(service, user)
    const { deviceToken } = await signIn(user, appCode(user.secret), true)
    const trusted = await loginOn(user, deviceToken)
    expect(claimsOf(trusted.data!['login'].token)).toMatchObject({ amr: ['pwd'], acr: 'aal1' })
    // The trust is of the first day, however often the device signs in.
    expect(trusted.data!['login'].deviceToken).toBe(deviceToken)
    expect(Number(deviceToken.split('.')[1]) - Date.now() / 1000).toBeGreaterThan(29.9 * 86_400)
    // What is dangerous needs the code nevertheless.
    const { token } = trusted.data!['login']
    expect((await service.graphql(DISABLE, {}, token)).code).toBe('REAUTHENTICATION_REQUIRED')
  })
})

describe('reauthenticate', () => {
  it('renews the proof with the password, and returns new tokens', async () => {
    const user = await service.signUp()
    await verifyAddress(service, user)
    const old = await ageProof(service, user, 700)
    const refused = await service.graphql('mutation { startMfaEnrollment { secret } }', {}, old.token)
    expect(refused.errors[0]!.extensions).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED', maxAge: 600 })
    const input = { password: user.password }
    const { reauthenticate: fresh } = await service.succeed(REAUTHENTICATE, { input }, old.token)
    expect(claimsOf(fresh.token)['auth_time'] - claimsOf(old.token)['auth_time']).toBeGreaterThanOrEqual(700)
    await service.succeed('mutation { startMfaEnrollment { secret } }', {}, fresh.token)
    // Who has stolen a token of before has lost it.
    expect((await service.graphql(PROFILE, {}, old.token)).code).toBe('UNAUTHENTICATED')
    const revoked = 'SELECT sub FROM revocations WHERE jti = ? AND scope = ?'
    expect(await service.database.query(revoked, [claimsOf(old.token)['jti'], 'TOKEN'])).toEqual([{ sub: user.id }])
    const refresh = 'mutation ($token: String!) { refreshToken(token: $token) { token } }'
    expect((await service.graphql(refresh, { token: old.refreshToken })).code).toBe('UNAUTHENTICATED')
    const { refreshToken } = await service.succeed(refresh, { token: fresh.refreshToken })
    expect(claimsOf(refreshToken.token)['auth_time']).toBe(claimsOf(fresh.token)['auth_time'])
  })

  it('ends the token before, also within one second', async () => {
    const { password, ...session } = await service.signUp()
    let { token } = session
    for (let i = 0; i < 3; i++) {
      const { reauthenticate } = await service.succeed(REAUTHENTICATE, { input: { password } }, token)
      expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
      token = reauthenticate.token as string
      await service.succeed(PROFILE, {}, token)
    }
  })

  it('takes a code where there is a second factor, and adds it to the session', async () => {
    const user = await newUser()
    const { deviceToken } = await signIn(user, appCode(user.secret), true)
    const { token } = (await loginOn(user, deviceToken)).data!['login']
    const { reauthenticate } = await service.succeed(
      REAUTHENTICATE,
      { input: { code: appCode(user.secret, 1), deviceToken } },
      token,
    )
    expect(claimsOf(reauthenticate.token)).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })
    await service.succeed(DISABLE, {}, reauthenticate.token)
  })
})
