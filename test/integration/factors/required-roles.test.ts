import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenVerifier } from '@postern/session'
import type { SignedIn } from '../../support/client.js'
import {
  addApp,
  appCode,
  challengeOf,
  claimsOf,
  LOGIN_DEVICE,
  REAUTHENTICATE,
  VERIFY,
  verifyAddress,
} from '../../support/factors.js'
import {
  FINISH_REAUTHENTICATION,
  PAGES,
  passkeysOf,
  START_REAUTHENTICATION,
  START_REGISTRATION,
} from '../../support/passkeys.js'
import { type Service, startService, TEST_ENVIRONMENT } from '../../support/service.js'

/** MFA_REQUIRED_ROLES=ADMIN, with a lock-out after failed logins, and with passkeys. */
let service: Service

beforeAll(async () => {
  service = await startService({ MFA_REQUIRED_ROLES: 'ADMIN', RATE_LIMIT_LOGIN: '3/60', ...PAGES })
})
afterAll(() => service.stop())

async function newAdmin(): Promise<SignedIn> {
  const account = await service.register()
  await service.app.services.accounts.roles.setRole({ id: account.id }, 'ADMIN', null)
  return { ...account, ...(await service.login(account)) }
}

it('an administrator without a second factor can set one up, and nothing else', async () => {
  const admin = await newAdmin()
  expect(claimsOf(admin.token)).toMatchObject({ roles: [], acr: 'aal1' })
  const refused = [
    '{ users { edges { cursor } } }',
    '{ auditLog { edges { cursor } } }',
    '{ sessions { id } }',
    '{ myActivity { edges { cursor } } }',
    `{ node(id: "${admin.id}") { id } }`,
    'mutation { updateProfile(input: { firstName: "Ada" }) { id } }',
    'mutation { disableMfa { token } }',
    'mutation { deleteAccount(password: "correct horse") }',
    `mutation { setUserRole(userId: "${admin.id}", role: USER) { id } }`,
  ]
  for (const query of refused)
    expect([query, (await service.graphql(query, {}, admin.token)).code]).toEqual([query, 'MFA_ENROLLMENT_REQUIRED'])
  expect((await service.succeed('{ profile { role } mfa { isEnabled isRequired } }', {}, admin.token)).mfa).toEqual({
    ...{ isEnabled: false, isRequired: true },
  })

  const enrolled = await addApp(service, admin)
  expect(claimsOf(enrolled.token)).toMatchObject({ roles: ['ADMIN'], acr: 'aal2' })
  await service.succeed('{ users { edges { cursor } } }', {}, enrolled.token)
  const off = await service.graphql('mutation { disableMfa { token } }', {}, enrolled.token)
  expect(off.code).toBe('FORBIDDEN')
})

describe('the password of an administrator with a passkey', () => {
  const START_APP = 'mutation { startMfaEnrollment { secret } }'

  async function newAdminWithPasskey() {
    const user = await service.signUp()
    await verifyAddress(service, user)
    const { authenticator } = await passkeysOf(service).add(user)
    await service.app.services.accounts.roles.setRole({ id: user.id }, 'ADMIN', null)
    return { ...user, authenticator }
  }

  it('adds no second factor of a thief, whether it was stolen or set by a code from a mail', async () => {
    const admin = await newAdminWithPasskey()
    let { token } = await service.login(admin)
    const refused = async () => {
      for (const query of [START_APP, START_REGISTRATION])
        expect((await service.graphql(query, {}, token)).code).toBe('REAUTHENTICATION_REQUIRED')
      expect((await service.graphql('{ users { edges { cursor } } }', {}, token)).code).toBe('MFA_ENROLLMENT_REQUIRED')
    }
    await refused()
    token = (await service.succeed(REAUTHENTICATE, { input: { password: admin.password } }, token)).reauthenticate.token
    await refused()

    // The owner has the passkey.
    const { publicKey } = (await service.succeed(START_REAUTHENTICATION, {}, token)).startPasskeyReauthentication
    const response = admin.authenticator.get(publicKey)
    const proved = await service.succeed(FINISH_REAUTHENTICATION, { response }, token)
    token = proved.finishPasskeyReauthentication.token
    expect(claimsOf(token)).toMatchObject({ roles: ['ADMIN'], acr: 'aal2' })
    await service.succeed(START_APP, {}, token)
  })

  it('is enough again once an operator has removed a lost passkey, unless that is the only way in', async () => {
    const [admin, other] = [await newAdminWithPasskey(), await newAdminWithPasskey()]
    const { changes } = service.app.services.factors
    expect(await changes.remove(admin.id)).toBe(true)
    expect(await changes.remove(admin.id)).toBe(false)
    await service.succeed(START_APP, {}, (await service.login(admin)).token)
    await service.database.query("DELETE FROM credentials WHERE kind = 'PASSWORD' AND user_id = ?", [other.id])
    const verify = (at: string) =>
      service.database.query(`UPDATE users SET email_verified_at = ${at} WHERE id = ?`, [other.id])
    await verify('NULL')
    await expect(changes.remove(other.id)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect((await passkeysOf(service).use(other.authenticator)).code).toBeUndefined()
    // A code by mail can set a password.
    await verify('UTC_TIMESTAMP(3)')
    expect(await changes.remove(other.id)).toBe(true)
  })
})

it('no device replaces the second factor of an administrator', async () => {
  const admin = await addApp(service, await newAdmin())
  const challenge = await challengeOf(service, admin)
  const input = { challenge, code: appCode(admin.secret), trustDevice: true }
  const { deviceToken } = (await service.succeed(VERIFY, { input })).verifyMfa
  const { email, password } = admin
  expect((await service.graphql(LOGIN_DEVICE, { input: { email, password, deviceToken } })).code).toBe('MFA_REQUIRED')
})

it('users of other roles are not affected, and a new role takes effect at the next sign-in', async () => {
  const user = await service.signUp()
  expect(claimsOf(user.token)['roles']).toEqual(['USER'])
  await service.succeed('{ sessions { id } }', {}, user.token)
  await service.app.services.accounts.roles.setRole({ id: user.id }, 'ADMIN', null)
  expect((await service.graphql('{ sessions { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
})

it('wrong codes count as failed logins, and lock the account', async () => {
  const user = await addApp(service, await service.signUp())
  const code = appCode(user.secret)
  for (let i = 0; i < 3; i++) {
    // The right password resets nothing.
    const challenge = await challengeOf(service, user)
    const wrong = String((Number(code) + 1 + i) % 1_000_000).padStart(6, '0')
    expect((await service.graphql(VERIFY, { input: { challenge, code: wrong } })).code).toBe('INVALID_CODE')
  }
  const locked = await service.graphql(LOGIN_DEVICE, { input: { email: user.email, password: user.password } })
  expect(locked.errors[0]!.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
})

it('an operator removes a second factor that was lost: it ends every session, and is in the audit log', async () => {
  const user = await addApp(service, await service.signUp())
  const { changes } = service.app.services.factors
  expect(await changes.remove(user.id)).toBe(true)
  expect(await changes.remove(user.id)).toBe(false)
  expect((await service.graphql('{ profile { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
  const { token } = await service.login(user)
  expect(createTokenVerifier({ secret: TEST_ENVIRONMENT.JWT_SECRET }).verify(token).amr).toEqual(['pwd'])
  const entries = await service.database.query(
    "SELECT actor FROM audit_entries WHERE account_id = ? AND action = 'DISABLE_MFA'",
    [user.id],
  )
  expect(entries).toEqual([{ actor: 'OPERATOR' }])
})
