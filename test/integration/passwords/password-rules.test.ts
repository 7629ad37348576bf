import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

let service: Service
let strict: Instance

beforeAll(async () => {
  service = await startService()
  const urls = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  strict = await startInstance({ ...urls, PASSWORD_MIN_LENGTH: '15', APP_NAME: 'Acme', PASSWORD_WORDS: 'wombatron' })
})
afterAll(async () => {
  await strict.stop()
  await service.stop()
})

async function register(password: string, on: Instance = service) {
  const email = `${unique()}@example.com`
  const { code, errors } = await on.graphql(REGISTER, { input: { email, password } })
  const login = async (given: string) =>
    (await on.graphql(LOGIN, { input: { email, password: given } })).code ?? 'success'
  return { code, login, fields: errors[0]?.extensions.fields }
}

/** docs/passwords.md has the rules. */
describe('a new password', () => {
  it.each([
    ['128 characters outside of the basic plane', '🐎🔋📎🧷'.repeat(32)],
    ['every printable ASCII character', Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)).join('')],
    ['letters of one kind only', 'gobbledygook vexing'],
    ['digits only', '918273640557'],
    ['scripts of the world', 'пароль 密码 गुप्त 🔑'],
  ])('can have %s, and works', async (_what, password) => {
    const { code, login } = await register(password)
    expect(code).toBeUndefined()
    expect(await login(password)).toBe('success')
  })

  it.each([
    ['7 characters', 'sevench'],
    ['7 characters of two units each', '🐎🔋📎🧷🐎🔋📎'],
    ['129 characters', 'gobbledygook!'.repeat(10).slice(0, 129)],
  ])('must not have %s', async (_what, password) => {
    const { code, fields } = await register(password)
    expect(code).toBe('INVALID_INPUT')
    expect(fields).toEqual([
      { path: 'password', message: 'Password must have 8 to 128 characters.', code: 'INVALID_INPUT' },
    ])
  })

  it('is the same in every Unicode form (NFC)', async () => {
    const password = 'Crème brûlée Å'
    const { login } = await register(password.normalize('NFD'))
    expect(await login(password.normalize('NFC'))).toBe('success')
    expect(await login(password.normalize('NFD'))).toBe('success')
    expect(await login('Creme brulee A')).toBe('UNAUTHENTICATED')
  })

  it('counts as a whole: its last character, its case and its spaces', async () => {
    const password = ` ${'gobbledygook!'.repeat(10).slice(0, 126)} `
    const { code, login } = await register(password)
    expect(code).toBeUndefined()
    for (const other of [password.slice(0, -1), password.trim(), password.toUpperCase(), `${password.slice(0, -1)}x`])
      expect(await login(other)).toBe('UNAUTHENTICATED')
    expect(await login(password)).toBe('success')
  })

  it('is not built from the name of the app and PASSWORD_WORDS', async () => {
    for (const password of ['Acme-Wombatron-2026!', 'acme wombatron Password1'])
      expect((await register(password, strict)).code).toBe('WEAK_PASSWORD')
    expect((await register('acme wombatron violet tundra', strict)).code).toBeUndefined()
    expect((await register('Acme-Wombatron-2026!')).code).toBeUndefined()
  })

  it('must have 15 characters with PASSWORD_MIN_LENGTH=15; earlier ones still work', async () => {
    expect((await register('fourteen chars', strict)).code).toBe('INVALID_INPUT')
    expect((await register('fifteen letters', strict)).code).toBeUndefined()
    const user = await service.signUp({ password: 'elevenchars' })
    expect((await strict.login(user)).token).toBeTruthy()
    const change = { oldPassword: user.password, newPassword: 'fourteen chars', confirmNewPassword: 'fourteen chars' }
    const query = 'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token } }'
    expect((await strict.graphql(query, { input: change }, user.token)).code).toBe('INVALID_INPUT')
    expect((await strict.succeed('{ policy { passwordMinLength } }')).policy.passwordMinLength).toBe(15)
  })
})
