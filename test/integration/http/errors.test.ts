import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Account, LOGIN, REGISTER, unique } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const SECRET = 'hunter2-my-secret'
const email = () => `${unique()}@example.com`

describe('no input is repeated', () => {
  const email = 'user.private@example.com'

  it.each([
    ['a misspelled key', { input: { email, pasword: SECRET } }],
    ['the secret as a key', { input: { email, password: 'correct horse', [SECRET]: true } }],
    ['a number for a string', { input: { email, password: { value: SECRET } } }],
    ['a list for an object', { input: [email, SECRET] }],
    ['a string for an object', { input: SECRET }],
    ['nothing', {}],
    ['null', { input: null }],
    ['a key of every object', { input: { email, password: SECRET, __proto__: { x: 1 }, constructor: SECRET } }],
  ])('when a variable has %s', async (_, variables) => {
    const answer = await service.graphql(REGISTER, variables)
    expect(answer.code).toBe('INVALID_INPUT')
    expect(answer.status).toBe(400)
    expect(answer.errors[0]?.extensions.fields?.length).toBeGreaterThan(0)
    expect(answer.text).not.toMatch(/hunter2|private@/)
  })

  it('and an unknown field is reported with the known ones', async () => {
    const answer = await service.graphql(REGISTER, { input: { email, pasword: SECRET } })
    expect(answer.errors[0]?.extensions.fields).toEqual([
      {
        path: 'input',
        message: expect.stringMatching(/^The input has an unknown field\. The fields of RegisterInput are .*password/),
        code: 'INVALID_INPUT',
      },
      { path: 'password', message: 'Password is required.', code: 'INVALID_INPUT' },
    ])
  })

  it.each([
    `mutation { register(input: { email: "${email}", pasword: "${SECRET}" }) { message } }`,
    `mutation { register(input: { email: ["${email}", "${SECRET}"] }) { message } }`,
    `mutation { register(input: "${SECRET}") { message } }`,
    `mutation { updateProfile(input: { termsAcceptedAt: "${SECRET}" }) { id } }`,
    `{ users(role: HUNTER2) { edges { cursor } } }`,
    `mutation { login(input: { email: "${email}", password: "${SECRET}" `,
    `mutation { login(input: { email: "${email}", password: ""${SECRET}"" }) { token } }`,
    `{ users(first: "${SECRET}") { edges { cursor } } }`,
  ])('when a literal does not match its type: %s', async (query) => {
    const answer = await service.graphql(query)
    expect(answer.status).toBe(400)
    expect(answer.text).not.toMatch(/hunter2|private@/i)
  })

  it('when a variable with a default is null where its argument must not be', async () => {
    const query =
      'mutation ($p: String = "d") { login(input: { email: "hunter2@example.com", password: $p }) { token } }'
    const answer = await service.graphql(query, { p: null })
    expect(answer.code).toBe('INVALID_INPUT')
    expect(answer.text).not.toContain('hunter2')
  })

  it('when a variable has the name of a property of every object', async () => {
    const query = 'query ($constructor: ID) { users(after: $constructor) { edges { cursor } } }'
    expect((await service.graphql(query)).code).toBe('UNAUTHENTICATED')
  })

  it('lists the invalid fields of a variable', async () => {
    const { errors } = await service.graphql(REGISTER, { input: { password: 5 } })
    expect(errors[0]?.extensions.fields).toEqual([
      { path: 'email', message: 'Email is required.', code: 'INVALID_INPUT' },
      { path: 'password', message: 'Password must be of type String.', code: 'INVALID_INPUT' },
    ])
  })
})

describe('invalid fields', () => {
  it('have a code, and a message that can be shown as it is', async () => {
    const input = { email: 'nonsense', password: 'short', firstName: 'x'.repeat(101) }
    const { errors } = await service.graphql(REGISTER, { input })
    expect(errors[0]?.message).toBe('Check the marked fields.')
    const message = (path: string) => errors[0]?.extensions.fields?.find((field) => field.path === path)
    expect(message('email')).toEqual({
      path: 'email',
      message: 'Email must look like ada@example.com.',
      code: 'INVALID_INPUT',
    })
    expect(message('password')?.message).toBe('Password must have 8 to 128 characters.')
    expect(message('firstName')?.message).toBe('First name must have at most 100 characters.')
  })
})

describe('a failed login', () => {
  it.each([
    ['a wrong password', (account: Account) => ({ email: account.email, password: 'not it' })],
    ['an unknown user', () => ({ username: unique(), password: 'not it' })],
  ])('with %s has a reason, which a missing token has not', async (_, inputOf) => {
    const { errors } = await service.graphql(LOGIN, { input: inputOf(await service.register()) })
    expect(errors[0]).toMatchObject({
      message: 'Wrong email address, username or password.',
      extensions: { code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' },
    })
    const unauthenticated = await service.graphql('{ profile { id } }')
    expect(unauthenticated.code).toBe('UNAUTHENTICATED')
    expect(unauthenticated.errors[0]?.extensions).not.toHaveProperty('reason')
  })
})

describe('an unexpected failure', () => {
  it('is hidden, in whichever layer it happens', async () => {
    const { services } = service.app
    const layers: [object, string, string][] = [
      [services.usernames.availability, 'check', '{ checkUsernameAvailability(username: "abc") { available } }'],
      [
        services.accounts.registration,
        'signUp',
        `mutation { register(input: { email: "${email()}", password: "correct horse" }) { message } }`,
      ],
      [
        services.authentication.login,
        'login',
        'mutation { login(input: { email: "a@b.co", password: "x" }) { token } }',
      ],
      [services.sessions.sessions, 'authenticate', 'mutation { logout }'],
    ]
    const { token } = await service.signUp()
    for (const [target, method, query] of layers) {
      const original = Reflect.get(target, method) as unknown
      Reflect.set(target, method, () => Promise.reject(new Error(`SELECT ${SECRET} FROM users`)))
      const answer = await service.graphql(query, {}, token)
      Reflect.set(target, method, original)
      expect(answer).toMatchObject({ status: 200, code: 'INTERNAL_SERVER_ERROR' })
      expect(answer.text).not.toMatch(/SELECT|hunter2|\.ts|node_modules/)
    }
  })

  it('is hidden if it happens in the database', async () => {
    const broken = await startService()
    await broken.database.query('DROP TABLE usernames')
    const answer = await broken.graphql('{ checkUsernameAvailability(username: "abc") { available } }')
    await broken.stop()
    expect(answer.code).toBe('INTERNAL_SERVER_ERROR')
    expect(answer.text).not.toMatch(/usernames|table|mysql/i)
  })
})
