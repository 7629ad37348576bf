import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, REGISTER, unique, type SignedIn } from '../../support/client.js'
import { lockWait } from '../../support/locks.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService({ ARGON2_MEMORY_KIB: '2048' })
})
afterAll(() => service.stop())

const CHANGE = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
const DELETE = 'mutation ($password: String!) { deleteAccount(password: $password) }'
const PROFILE = '{ profile { id } }'

const change = (user: SignedIn, input: object) =>
  service.graphql(
    CHANGE,
    {
      input: {
        oldPassword: user.password,
        newPassword: 'brand new horse',
        confirmNewPassword: 'brand new horse',
        ...input,
      },
    },
    user.token,
  )

describe('changePassword', () => {
  it('replaces the password', async () => {
    const user = await service.signUp()
    expect((await change(user, {})).data).toEqual({ changePassword: true })
    const { email } = user
    expect((await service.graphql(LOGIN, { input: { email, password: user.password } })).code).toBe('UNAUTHENTICATED')
    await service.login({ email, password: 'brand new horse' })
  })

  it('ends every session of the user, the current one too', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    await change(user, {})
    for (const token of [user.token, other.token])
      expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
  })

  it('revokes all tokens of the user below the new generation', async () => {
    const user = await service.signUp()
    await change(user, {})
    const rows = await service.database.query('SELECT scope, gen, reason FROM revocations WHERE sub = ?', [user.id])
    expect(rows).toEqual([{ scope: 'USER', gen: 2, reason: 'password_changed' }])
  })

  it.each([
    ['oldPassword', 'INVALID_INPUT', { oldPassword: 'not my password' }],
    ['newPassword', 'INVALID_INPUT', { newPassword: 'short', confirmNewPassword: 'short' }],
    ['confirmNewPassword', 'INVALID_INPUT', { confirmNewPassword: 'something else' }],
    ['newPassword', 'WEAK_PASSWORD', { newPassword: 'password123', confirmNewPassword: 'password123' }],
  ])('refuses a wrong %s with %s', async (path, code, input) => {
    const answer = await change(await service.signUp(), input)
    expect(answer.code).toBe(code)
    expect(answer.errors[0]?.extensions.fields).toMatchObject([{ path, code }])
  })

  it('answers UNAUTHENTICATED without a token', async () => {
    const input = { oldPassword: 'x', newPassword: 'brand new horse', confirmNewPassword: 'brand new horse' }
    expect((await service.graphql(CHANGE, { input })).code).toBe('UNAUTHENTICATED')
  })

  it('lets one of five win when all change the same password at once', async () => {
    const user = await service.signUp()
    const passwords = Array.from({ length: 5 }, (_, i) => `brand new horse ${i}`)
    const answers = await Promise.all(
      passwords.map((newPassword) => change(user, { newPassword, confirmNewPassword: newPassword })),
    )
    const winner = answers.findIndex(({ data }) => data?.changePassword === true)
    expect(answers.filter(({ data }) => data?.changePassword === true)).toHaveLength(1)
    await service.login({ email: user.email, password: passwords[winner] ?? '' })
  })
})

describe('deleteAccount', () => {
  it('erases the personal data and ends the sessions', async () => {
    const user = await service.signUp({ email: `erase.${unique()}@example.com` })
    const token = (await service.login(user)).token
    expect((await service.graphql(DELETE, { password: user.password }, user.token)).data).toEqual({
      deleteAccount: true,
    })
    expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
    const { email, password } = user
    expect((await service.graphql(LOGIN, { input: { email, password } })).code).toBe('UNAUTHENTICATED')
    for (const table of ['users', 'credentials', 'sessions', 'usernames']) {
      const rows = await service.database.query(`SELECT * FROM ${table}`)
      expect(JSON.stringify(rows), table).not.toContain(user.id)
      expect(JSON.stringify(rows), table).not.toContain(email)
    }
  })

  it('keeps the username unavailable, but not the email address', async () => {
    const user = await service.signUp()
    await service.succeed(DELETE, { password: user.password }, user.token)
    expect(await service.isAvailable(user.username)).toBe(false)
    const again = { email: user.email, password: user.password }
    expect((await service.graphql(REGISTER, { input: { ...again, username: user.username } })).code).toBe(
      'USERNAME_TAKEN',
    )
    await service.succeed(REGISTER, { input: again })
  })

  it('answers INVALID_INPUT for a wrong password and keeps the account', async () => {
    const user = await service.signUp()
    const answer = await service.graphql(DELETE, { password: 'not my password' }, user.token)
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'password' }] })
    await service.succeed(PROFILE, {}, user.token)
  })

  it('answers FORBIDDEN to the last administrator', async () => {
    const account = await service.register()
    await service.app.services.accounts.roles.setRole({ email: account.email }, 'ADMIN', null)
    const admin = await service.login(account)
    const answer = await service.graphql(DELETE, { password: account.password }, admin.token)
    expect(answer.code).toBe('FORBIDDEN')
    await service.succeed(PROFILE, {}, admin.token)
  })

  it('leaves no partial account when it races with a change of the profile', async () => {
    const user = await service.signUp()
    const update = `mutation { updateProfile(input: { username: "${unique()}" }) { id } }`
    const answers = await Promise.all([
      service.graphql(DELETE, { password: user.password }, user.token),
      ...Array.from({ length: 5 }, () => service.graphql(update, {}, user.token)),
    ])
    for (const { code } of answers) expect([undefined, 'UNAUTHENTICATED', 'USERNAME_TAKEN']).toContain(code)
    const owned = await service.database.query(`SELECT 1 FROM usernames WHERE user_id = ?`, [user.id])
    expect(owned).toEqual([])
  })
})

describe('a password change that races with a rehash', () => {
  it('verifies the hash that is stored now, and succeeds', async () => {
    const user = await service.signUp()
    const { default: argon2 } = await import('argon2')
    const rehashed = await argon2.hash(user.password, { memoryCost: 2048, timeCost: 1, parallelism: 1 })
    const rival = await service.database.connect()
    await rival.query('START TRANSACTION; UPDATE credentials SET secret = ? WHERE user_id = ?', [rehashed, user.id])
    const changed = change(user, {})
    await lockWait(service.database)
    await rival.query('COMMIT')
    await rival.end()
    expect((await changed).data).toEqual({ changePassword: true })
    await service.login({ email: user.email, password: 'brand new horse' })
  })
})

describe('a rehash that races with a password change', () => {
  it('replaces the hash that was verified and no other', async () => {
    const user = await service.register()
    const [old] = await service.database.query<{ secret: string }>('SELECT secret FROM credentials WHERE user_id = ?', [
      user.id,
    ])
    // Cheaper than the service's parameters, so the next login rehashes.
    const { default: argon2 } = await import('argon2')
    const weaker = await argon2.hash(user.password, { memoryCost: 1024, timeCost: 1, parallelism: 1 })
    await service.database.query('UPDATE credentials SET secret = ? WHERE user_id = ?', [weaker, user.id])

    const rival = await service.database.connect()
    await rival.query('START TRANSACTION; UPDATE credentials SET updated_at = updated_at WHERE user_id = ?', [user.id])
    const login = service.graphql(LOGIN, { input: { email: user.email, password: user.password } })
    await lockWait(service.database)
    await rival.query('UPDATE credentials SET secret = ? WHERE user_id = ?; COMMIT', [old?.secret, user.id])
    await rival.end()
    await login
    const [now] = await service.database.query<{ secret: string }>('SELECT secret FROM credentials WHERE user_id = ?', [
      user.id,
    ])
    expect(now?.secret).toBe(old?.secret)
  })
})
