import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entriesAfterSignUp, storedEntries } from '../../support/audit.js'
import { LOGIN, REGISTER, unique, type SignedIn } from '../../support/client.js'
import { NO_CLIENT } from '../../support/no-client.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let admin: SignedIn

beforeAll(async () => {
  service = await startService({ RATE_LIMIT_LOGIN: '3/60' })
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(() => service.stop())

const UPDATE_PROFILE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const UPDATE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token } }'
const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { refreshToken } }'

const entriesOf = (account: string) => storedEntries(service.database, { account })
const later = (user: { id: string }) => entriesAfterSignUp(service.database, user)

const passwords = ({ password }: { password: string }, newPassword: string) => ({
  input: { oldPassword: password, newPassword, confirmNewPassword: newPassword },
})

const own = (user: { id: string }) => ({ result: 'SUCCESS', actor: 'USER', actor_id: user.id, account_id: user.id })

describe('an entry of the audit log', () => {
  it('says who registered and signed in, from where and in which request', async () => {
    const before = new Date(Date.now() - 5000)
    const user = await service.signUp()
    const [registered, signedIn] = await entriesOf(user.id)
    expect(registered).toMatchObject({ ...own(user), action: 'REGISTER', facts: '{}', ip_address: '127.0.0.1' })
    expect(signedIn).toMatchObject({
      ...own(user),
      action: 'LOGIN',
      user_agent: 'node',
      request_id: expect.any(String),
    })
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = ?', [
      user.id,
    ])
    expect(JSON.parse(signedIn!.facts)).toEqual({ session: session!.id, amr: 'pwd' })
    expect(signedIn!.at.getTime()).toBeGreaterThan(before.getTime())
  })

  it('is written for a logout, and for a session that the user ends from elsewhere', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    const { sessions } = await service.succeed('{ sessions { id current } }', {}, user.token)
    const { id } = (sessions as { id: string; current: boolean }[]).find(({ current }) => !current)!
    await service.succeed('mutation ($id: ID!) { revokeSession(id: $id) }', { id }, user.token)
    expect((await service.graphql('{ profile { id } }', {}, other.token)).code).toBe('UNAUTHENTICATED')
    await service.succeed('mutation { logout }', {}, user.token)
    const [, revoked, loggedOut] = await later(user)
    expect(revoked).toMatchObject({ ...own(user), action: 'REVOKE_SESSION', facts: JSON.stringify({ session: id }) })
    expect(loggedOut).toMatchObject({ ...own(user), action: 'LOGOUT' })
  })

  it('is written when a user, or an administrator, ends all sessions', async () => {
    const user = await service.signUp()
    await service.succeed('mutation { logoutAll }', {}, user.token)
    await service.succeed('mutation ($id: ID!) { revokeUserSessions(userId: $id) }', { id: user.id }, admin.token)
    const [byUser, byAdmin] = await later(user)
    expect(byUser).toMatchObject({ ...own(user), action: 'LOGOUT_ALL', facts: '{"sessions":"1"}' })
    expect(byAdmin).toMatchObject({ actor: 'USER', actor_id: admin.id, action: 'REVOKE_USER_SESSIONS' })
  })

  it('names the fields of a profile that were changed, and no value', async () => {
    const user = await service.signUp()
    const username = unique()
    const input = { username, firstName: 'Canary', address: { city: 'Canary' } }
    await service.succeed(UPDATE_PROFILE, { input }, user.token)
    const entries = await later(user)
    expect(entries.map(({ action, facts }) => [action, facts]).toSorted()).toEqual([
      ['CHANGE_USERNAME', '{}'],
      ['UPDATE_PROFILE', '{"fields":"firstName city"}'],
    ])
    expect(JSON.stringify(entries)).not.toMatch(new RegExp(`Canary|${username}`))
    // The same again changes nothing.
    await service.succeed(UPDATE_PROFILE, { input }, user.token)
    expect(await later(user)).toHaveLength(2)
  })

  it('is written for both ways to change a password, and for a wrong old one', async () => {
    const user = await service.signUp()
    const wrong = { ...user, password: 'wrong' }
    expect((await service.graphql(UPDATE_PASSWORD, passwords(wrong, 'new horse battery'), user.token)).code).toBe(
      'INVALID_INPUT',
    )
    const { updatePassword } = await service.succeed(UPDATE_PASSWORD, passwords(user, 'new horse battery'), user.token)
    const changed = { ...user, password: 'new horse battery' }
    await service.succeed(CHANGE_PASSWORD, passwords(changed, 'newer horse battery'), updatePassword.token)
    const entries = await until('the failure is recorded', async () => {
      const found = await later(user)
      return found.length === 3 ? found : null
    })
    for (const entry of entries) expect(entry).toMatchObject({ actor_id: user.id, action: 'CHANGE_PASSWORD' })
    expect(entries.map(({ result }) => result).toSorted()).toEqual(['FAILURE', 'SUCCESS', 'SUCCESS'])
    expect(JSON.stringify(entries)).not.toContain('horse')
  })

  it('is written for the reuse of a refresh token, by someone unknown', async () => {
    const user = await service.signUp()
    await service.succeed(REFRESH, { token: user.refreshToken })
    await service.database.query('UPDATE sessions SET rotated_at = rotated_at - INTERVAL 1 HOUR WHERE user_id = ?', [
      user.id,
    ])
    expect((await service.graphql(REFRESH, { token: user.refreshToken })).code).toBe('REFRESH_TOKEN_REUSED')
    const entries = await later(user)
    expect(entries).toHaveLength(1)
    expect(entries[0]).toMatchObject({ action: 'REUSE_REFRESH_TOKEN', result: 'FAILURE', actor: 'UNKNOWN' })
  })

  it('says who changed a role, from what to what', async () => {
    const user = await service.signUp()
    const setRole = 'mutation ($id: ID!) { setUserRole(userId: $id, role: ADMIN) { id } }'
    await service.succeed(setRole, { id: user.id }, admin.token)
    await service.app.services.accounts.roles.setRole({ id: user.id }, 'USER', null)
    const [promoted, demoted] = await later(user)
    expect(promoted).toMatchObject({ actor: 'USER', actor_id: admin.id, facts: '{"from":"USER","to":"ADMIN"}' })
    expect(demoted).toMatchObject({ actor: 'OPERATOR', actor_id: null, ip_address: null, commitment: null })
  })

  it('is written when an operator disables and enables a user, creates one, or ends a session', async () => {
    const { accounts, sessions } = service.app.services
    const input = { email: `${unique()}@example.com`, password: 'correct horse' }
    const { id } = await accounts.registration.register(input, NO_CLIENT, 'operator')
    await service.login(input)
    const [session] = await service.database.query<{ id: string }>('SELECT id FROM sessions WHERE user_id = ?', [id])
    await sessions.endings.revokeOne(id, session!.id)
    await accounts.operation.disable(id)
    await accounts.operation.enable(id)
    // What changes nothing is no entry.
    await accounts.operation.enable(id)
    expect((await entriesOf(id)).map(({ actor, action }) => `${actor} ${action}`)).toEqual([
      'OPERATOR REGISTER',
      'USER LOGIN',
      'OPERATOR REVOKE_SESSION',
      'OPERATOR DISABLE_USER',
      'OPERATOR ENABLE_USER',
    ])
  })

  it('names the username that an administrator protects or releases', async () => {
    const username = unique('brand-')
    await service.succeed(
      'mutation ($name: String!) { protectUsername(username: $name) }',
      { name: username },
      admin.token,
    )
    const release = 'mutation ($name: String!) { unprotectUsername(username: $name) }'
    await service.succeed(release, { name: username }, admin.token)
    await service.succeed(release, { name: username }, admin.token)
    for (const action of ['PROTECT_USERNAME', 'UNPROTECT_USERNAME']) {
      const entries = await storedEntries(service.database, { action })
      expect(entries.map(({ facts }) => facts)).toEqual([JSON.stringify({ username })])
      expect(entries[0]).toMatchObject({ actor_id: admin.id, account_id: null })
    }
  })

  it('is written for an account that is deleted, whose earlier details are erased', async () => {
    const user = await service.signUp()
    await service.succeed('mutation ($p: String!) { deleteAccount(password: $p) }', { p: user.password }, user.token)
    const entries = await entriesOf(user.id)
    expect(entries.map(({ action }) => action)).toEqual(['REGISTER', 'LOGIN', 'DELETE_ACCOUNT'])
    for (const entry of entries)
      expect(entry).toMatchObject({ actor_id: user.id, ip_address: null, user_agent: null, request_id: null })
  })

  it('does not exist if the change fails, and the change fails if the entry does', async () => {
    const user = await service.signUp()
    const taken = (await service.register()).username
    const input = { firstName: 'Ada', username: taken }
    expect((await service.graphql(UPDATE_PROFILE, { input }, user.token)).code).toBe('USERNAME_TAKEN')
    expect(await later(user)).toEqual([])

    await service.database.query('RENAME TABLE audit_entries TO audit_entries_gone')
    try {
      const email = `${unique()}@example.com`
      const registration = { input: { email, password: 'correct horse' } }
      for (const [document, variables, token] of [
        [REGISTER, registration],
        [UPDATE_PROFILE, { input: { firstName: 'Ada' } }, user.token],
        [LOGIN, { input: { email: user.email, password: user.password } }],
        ['mutation { logout }', {}, user.token],
      ] as const)
        expect((await service.graphql(document, variables, token)).code).toBe('INTERNAL_SERVER_ERROR')
      expect(await service.database.query('SELECT 1 FROM users WHERE email = ?', [email])).toEqual([])
    } finally {
      await service.database.query('RENAME TABLE audit_entries_gone TO audit_entries')
    }
    const { profile } = await service.succeed('{ profile { firstName } }', {}, user.token)
    expect(profile.firstName).toBeNull()
  })
})
