import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REGISTER, unique } from '../../support/client.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

let service: Service
let second: Instance

beforeAll(async () => {
  // Long, because 200 transactions that wait for one key are slow on a busy machine.
  const env = { RESERVED_USERNAMES: 'Postmistress, toll-keeper', DATABASE_TIMEOUT: '60', RESPONSE_TIMEOUT: '300' }
  service = await startService(env)
  second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ...env })
})
afterAll(async () => {
  await second.stop()
  await service.stop()
})

const register = (input: Record<string, unknown>) =>
  service.graphql(REGISTER, { input: { email: `${unique()}@example.com`, password: 'correct horse', ...input } })

describe('register', () => {
  it('creates an account and returns its public fields', async () => {
    const email = `Ada.${unique()}@Example.com`
    const { data } = await register({ email, username: 'Ada_Lovelace', firstName: 'Ada', lastName: 'Lovelace' })
    expect(data?.register.user).toMatchObject({ email, username: 'Ada_Lovelace', name: 'Ada Lovelace' })
    expect(data?.register.user.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(data?.register.message).not.toBe('')
  })

  it('needs neither username nor name', async () => {
    expect((await register({})).data?.register.user).toMatchObject({ username: null, name: null })
  })

  it('stores the password only as an argon2id hash', async () => {
    const { data } = await register({ password: 'a very special secret' })
    const [row] = await service.database.query<{ secret: string }>('SELECT secret FROM credentials WHERE user_id = ?', [
      data?.register.user.id,
    ])
    expect(row?.secret).toMatch(/^\$argon2id\$v=19\$m=1024,p=1,t=1\$|^\$argon2id\$v=19\$m=1024,t=1,p=1\$/)
  })

  it.each([
    ['in a different letter case', (email: string) => email.toUpperCase()],
    ['with spaces around it', (email: string) => `  ${email} `],
    ['in a different Unicode form', (email: string) => email.normalize('NFD')],
  ])('answers EMAIL_EXISTS for the same address %s', async (_, variant) => {
    const email = `é${unique()}@example.com`
    await register({ email })
    expect((await register({ email: variant(email) })).code).toBe('EMAIL_EXISTS')
  })

  it('answers EMAIL_EXISTS before USERNAME_TAKEN', async () => {
    const { email, username } = await service.register()
    expect((await register({ email, username })).code).toBe('EMAIL_EXISTS')
  })

  it('answers USERNAME_TAKEN for a username in a different letter case', async () => {
    const { username } = await service.register()
    expect((await register({ username: username.toUpperCase() })).code).toBe('USERNAME_TAKEN')
  })

  it.each(['admin', 'Admin', 'postmistress', 'TOLL-keeper'])('answers USERNAME_RESERVED for %s', async (username) => {
    expect((await register({ username })).code).toBe('USERNAME_RESERVED')
  })

  it.each([
    ['a common password', { password: 'iloveyou1' }],
    ['a common password in a different letter case', { password: 'PassWord1' }],
    ['a common password with the usual changes', { password: 'P@ssword1' }],
    ['spaces only', { password: '        ' }],
    ['the email address', { email: 'grace.hopper@example.com', password: 'Grace.Hopper@Example.com' }],
    ['the username', { username: 'grace-hopper', password: 'GRACE-HOPPER' }],
  ])('answers WEAK_PASSWORD for %s', async (_, input) => {
    expect((await register(input)).code).toBe('WEAK_PASSWORD')
  })

  it.each([
    ['7 characters', 'abcdef7', false],
    ['8 characters', 'xkcd-936', true],
    ['128 characters outside the basic plane', '🐎🐖🐑🐄'.repeat(32), true],
    ['129 characters', 'h'.repeat(129), false],
    ['spaces inside', 'my  two  words', true],
    ['a NUL character', 'nul\u0000 inside', true],
    ['a lone surrogate', 'broken \ud800 text', false],
  ])('checks the length and characters of a password of %s', async (_, password, fits) => {
    const answer = await register({ password })
    expect(answer.code).toBe(fits ? undefined : 'INVALID_INPUT')
    if (!fits) expect(answer.errors[0]?.extensions.fields).toMatchObject([{ path: 'password' }])
  })

  it.each([
    ['a line break in the domain', 'x@exam\r\nple.com'],
    ['a tab in the domain', 'x@exam\tple.com'],
    ['a path behind the domain', 'x@example.com/path'],
    ['a query behind the domain', 'x@example.com?x=1'],
    ['an escape in the domain', 'x@exa%6dple.com'],
    ['a soft hyphen in the domain', 'x@exam\u00adple.com'],
    ['an ideographic full stop', 'x@example\u3002com'],
    ['full-width letters', 'x@\uff45xample.com'],
    ['a direction mark in the local part', 'ad\u202ea@example.com'],
    ['an address in brackets', 'x@[127.0.0.1]'],
    ['a domain of one label', 'x@localhost'],
    ['two at signs', 'x@y@example.com'],
    ['a key that grows in lower case', `${'İ'.repeat(64)}@${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}.com`],
    ['255 characters', `${'x'.repeat(64)}@${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}.abcdef.com`],
  ])('answers INVALID_INPUT for an address with %s', async (_, email) => {
    const answer = await register({ email })
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'email' }] })
  })

  it.each([
    ['a zero-width space in the local part', { email: 'ad\u200ba@example.com' }, 'Email'],
    ['a Hangul filler in the local part', { email: 'ada\u3164@example.com' }, 'Email'],
    ['a joiner in the local part', { email: 'علی\u200cرضا@example.com' }, 'Email'],
    ['a soft hyphen in the domain', { email: 'ada@exam\u00adple.com' }, 'Email'],
    ['a right-to-left override in the first name', { firstName: 'Ada\u202e' }, 'First name'],
    ['tag characters in the last name', { lastName: 'Lovelace\u{e0041}\u{e0042}' }, 'Last name'],
    ['a Hangul filler as the last name', { lastName: '\u3164' }, 'Last name'],
  ])('refuses %s, and says that invisible characters are the reason', async (_, input, label) => {
    const answer = await register(input)
    expect(answer.code).toBe('INVALID_INPUT')
    const messages = answer.errors[0]?.extensions.fields?.map(({ message }) => message)
    expect(messages).toEqual([`${label} must not contain invisible characters.`])
  })

  it('refuses a flood of combining marks', async () => {
    const answer = await register({ firstName: `Ada${'\u0301'.repeat(50)}` })
    const messages = answer.errors[0]?.extensions.fields?.map(({ message }) => message)
    expect(messages).toEqual(['First name must not have that many marks on one letter.'])
  })

  it('accepts names whose spelling has joiners or variants', async () => {
    const { data } = await register({ firstName: 'علی\u200cرضا', lastName: '葛\u{e0100}城' })
    expect(data?.register.user.name).toBe('علی\u200cرضا 葛\u{e0100}城')
  })

  it.each(["o'hara+tag", 'jörg', 'ada.lovelace', '用户'])('accepts an address that begins with %s', async (local) => {
    expect((await register({ email: `${local}${unique()}@bücher.example` })).code).toBeUndefined()
  })

  it('names every invalid field at once, and no values', async () => {
    const answer = await register({
      email: 'unknown.example',
      password: 'hunter2',
      username: 'no spaces',
      firstName: '',
    })
    expect(answer.status).toBe(200)
    expect(answer.code).toBe('INVALID_INPUT')
    const paths = answer.errors[0]?.extensions.fields?.map(({ path }) => path)
    expect(paths).toEqual(['email', 'password', 'username', 'firstName'])
    expect(answer.text).not.toMatch(/unknown\.example|hunter2|no spaces/)
  })

  it('lets one of 200 win when all want one username on two instances at once', async () => {
    const name = unique('race')
    const inputs = Array.from({ length: 200 }, (_, i) => ({
      email: `${unique()}@example.com`,
      password: 'correct horse',
      username: i % 2 ? name : name.toUpperCase(),
    }))
    const answers = await Promise.all(inputs.map((input, i) => (i % 3 ? service : second).graphql(REGISTER, { input })))
    const codes = answers.map(({ code }) => code ?? 'OK')
    expect(codes.filter((code) => code === 'OK')).toHaveLength(1)
    expect(codes.filter((code) => code === 'USERNAME_TAKEN')).toHaveLength(199)
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    const leftovers = await service.database.query('SELECT id FROM users WHERE email IN (?)', [
      inputs.map((i) => i.email),
    ])
    expect(leftovers).toHaveLength(1)
  })

  it('lets one of 50 win when all want one address at once', async () => {
    const email = `${unique()}@example.com`
    const answers = await Promise.all(Array.from({ length: 50 }, () => register({ email })))
    const codes = answers.map(({ code }) => code ?? 'OK')
    expect(codes.filter((code) => code === 'OK')).toHaveLength(1)
    expect(codes.filter((code) => code === 'EMAIL_EXISTS')).toHaveLength(49)
  })
})
