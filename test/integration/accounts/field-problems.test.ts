import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REGISTER, unique, type GraphQLAnswer } from '../../support/client.js'
import { lockWait } from '../../support/locks.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const UPDATE_PROFILE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { username } }'
const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'

const register = (input: Record<string, unknown>) =>
  service.graphql(REGISTER, { input: { email: `${unique()}@example.com`, password: 'correct horse', ...input } })

/** The error's code, and the code of each field. */
const problemsOf = ({ errors }: GraphQLAnswer) => ({
  code: errors[0]?.extensions.code,
  fields: errors[0]?.extensions.fields?.map(({ path, code }) => `${path} ${code}`),
})

describe('register', () => {
  it.each([
    ['an existing email address', 'email EMAIL_EXISTS', async () => ({ email: (await service.register()).email })],
    [
      'a username that is taken',
      'username USERNAME_TAKEN',
      async () => ({ username: (await service.register()).username }),
    ],
    ['a reserved username', 'username USERNAME_RESERVED', () => ({ username: 'admin' })],
    ['a weak password', 'password WEAK_PASSWORD', () => ({ password: 'password123' })],
  ])('names the field of %s', async (_, problem, input) => {
    expect(problemsOf(await register(await input()))).toEqual({ code: problem.split(' ')[1], fields: [problem] })
  })

  it('names all of them at once, under the code that takes precedence', async () => {
    const { email, username } = await service.register()
    expect(problemsOf(await register({ email, username, password: 'password123' }))).toEqual({
      code: 'WEAK_PASSWORD',
      fields: ['email EMAIL_EXISTS', 'password WEAK_PASSWORD', 'username USERNAME_TAKEN'],
    })
    expect(problemsOf(await register({ email, username: 'admin' }))).toEqual({
      code: 'USERNAME_RESERVED',
      fields: ['email EMAIL_EXISTS', 'username USERNAME_RESERVED'],
    })
    expect(problemsOf(await register({ email, username }))).toEqual({
      code: 'EMAIL_EXISTS',
      fields: ['email EMAIL_EXISTS', 'username USERNAME_TAKEN'],
    })
  })

  it('also checks the valid fields of an invalid input', async () => {
    const { email, username } = await service.register()
    expect(problemsOf(await register({ email, username, password: 'short', firstName: '' }))).toEqual({
      code: 'INVALID_INPUT',
      fields: ['email EMAIL_EXISTS', 'password INVALID_INPUT', 'username USERNAME_TAKEN', 'firstName INVALID_INPUT'],
    })
  })

  it('gives each field a message of its own', async () => {
    const { email } = await service.register()
    const answer = await register({ email, password: 'password123' })
    const messages = answer.errors[0]?.extensions.fields?.map(({ message }) => message)
    expect(new Set(messages).size).toBe(2)
    expect(answer.errors[0]?.message).toBe(messages?.[1])
  })

  it.each([
    [
      'email',
      'EMAIL_EXISTS',
      'INSERT INTO users (id, email, email_key, created_at, updated_at) VALUES (?, ?, ?, NOW(3), NOW(3))',
    ],
    [
      'username',
      'USERNAME_TAKEN',
      `INSERT INTO usernames (username_key, display, user_id, state) VALUES (?, ?, ?, 'OWNED')`,
    ],
  ])('names the %s if only the unique key refuses it', async (path, code, insert) => {
    const [email, username] = [`${unique()}@example.com`, unique()]
    const rival = await service.database.connect()
    const owner: string = (await register({})).data?.register.user.id
    const values = path === 'email' ? [unique(), email, email] : [username, username, owner]
    await rival.query('START TRANSACTION')
    await rival.query(insert, values)
    const registering = register({ email, username })
    await lockWait(service.database)
    await rival.query('COMMIT')
    await rival.end()
    expect(problemsOf(await registering)).toEqual({ code, fields: [`${path} ${code}`] })
  })
})

describe('updateProfile', () => {
  const update = (input: object, token: string) => service.graphql(UPDATE_PROFILE, { input }, token)

  it('names the username that is taken or reserved', async () => {
    const user = await service.signUp()
    const taken = (await service.register()).username
    for (const [username, code] of [
      [taken, 'USERNAME_TAKEN'],
      ['admin', 'USERNAME_RESERVED'],
    ])
      expect(problemsOf(await update({ username }, user.token))).toEqual({ code, fields: [`username ${code}`] })
  })

  it('also checks the valid fields of an invalid input', async () => {
    const user = await service.signUp()
    const { username } = await service.register()
    const input = { username, firstName: 'x'.repeat(101), termsAcceptedAt: '2999-01-01T00:00:00Z' }
    expect(problemsOf(await update(input, user.token))).toEqual({
      code: 'INVALID_INPUT',
      fields: ['username USERNAME_TAKEN', 'firstName INVALID_INPUT', 'termsAcceptedAt INVALID_INPUT'],
    })
  })

  it("does not count the user's own username, or one held for the user, as taken", async () => {
    const user = await service.signUp()
    const wrong = { firstName: 'x'.repeat(101) }
    const fields = ['firstName INVALID_INPUT']
    const own = await update({ ...wrong, username: user.username.toUpperCase() }, user.token)
    expect(problemsOf(own)).toEqual({ code: 'INVALID_INPUT', fields })
    await service.succeed(UPDATE_PROFILE, { input: { username: null } }, user.token)
    const held = await update({ ...wrong, username: user.username }, user.token)
    expect(problemsOf(held)).toEqual({ code: 'INVALID_INPUT', fields })
  })

  it.each([
    ['in the future', () => new Date(Date.now() + 60_000)],
    ['before the account was created', () => new Date(Date.now() - 60_000)],
  ])('refuses an acceptance of the terms %s', async (_, time) => {
    const user = await service.signUp()
    expect(problemsOf(await update({ termsAcceptedAt: time().toISOString() }, user.token))).toEqual({
      code: 'INVALID_INPUT',
      fields: ['termsAcceptedAt INVALID_INPUT'],
    })
  })

  it('tolerates the clock skew in an acceptance of the terms', async () => {
    const user = await service.signUp()
    await service.database.query('UPDATE users SET created_at = ? WHERE id = ?', [new Date(), user.id])
    for (const milliseconds of [-20_000, 20_000]) {
      const termsAcceptedAt = new Date(Date.now() + milliseconds).toISOString()
      await service.succeed(UPDATE_PROFILE, { input: { termsAcceptedAt } }, user.token)
    }
  })
})

describe('changePassword', () => {
  it('names a weak password and a confirmation that differs at once', async () => {
    const user = await service.signUp()
    const input = { oldPassword: user.password, newPassword: 'password123', confirmNewPassword: 'something else' }
    expect(problemsOf(await service.graphql(CHANGE_PASSWORD, { input }, user.token))).toEqual({
      code: 'INVALID_INPUT',
      fields: ['newPassword WEAK_PASSWORD', 'confirmNewPassword INVALID_INPUT'],
    })
  })

  it("counts the user's own email address and username as weak", async () => {
    const user = await service.signUp()
    for (const newPassword of [user.email, user.username]) {
      const input = { oldPassword: user.password, newPassword, confirmNewPassword: newPassword }
      expect(problemsOf(await service.graphql(CHANGE_PASSWORD, { input }, user.token))).toEqual({
        code: 'WEAK_PASSWORD',
        fields: ['newPassword WEAK_PASSWORD'],
      })
    }
  })
})
