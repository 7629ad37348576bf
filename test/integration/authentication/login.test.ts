import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN } from '../../support/client.js'
import { startInstance, startService, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'
import { lockWait } from '../../support/locks.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, any>

describe('login', () => {
  it('accepts every spelling of the address that registration treats as the same', async () => {
    const { email, password, id } = await service.register()
    const { login } = await service.succeed(LOGIN, { input: { email: ` ${email.toUpperCase()} `, password } })
    expect(login).toMatchObject({ userId: id, email, user: { id, role: 'USER' } })
  })

  it('accepts the username in any letter case', async () => {
    const { username, password, id } = await service.register()
    const { login } = await service.succeed(LOGIN, { input: { username: username.toUpperCase(), password } })
    expect(login.userId).toBe(id)
  })

  it.each([
    ['spaces', '  '],
    ['full-width spaces', '\u3000'],
    ['no-break spaces', '\u00a0'],
    ['zero-width characters', '\u200b\ufeff'],
    ['a line break', '\r\n'],
  ])('trims %s from the address and the username, but not from the password', async (_, blank) => {
    const { email, username, password, id } = await service.register()
    for (const input of [{ email: blank + email + blank }, { username: blank + username + blank }]) {
      const { login } = await service.succeed(LOGIN, { input: { ...input, password } })
      expect(login.userId).toBe(id)
      const wrong = await service.graphql(LOGIN, { input: { ...input, password: blank + password } })
      expect(wrong.code).toBe('UNAUTHENTICATED')
    }
  })

  it('keeps spaces around a password', async () => {
    const password = ' \u3000correct horse\u00a0 '
    const { email, id } = await service.register({ password })
    const { login } = await service.succeed(LOGIN, { input: { email, password } })
    expect(login.userId).toBe(id)
    const trimmed = await service.graphql(LOGIN, { input: { email, password: password.trim() } })
    expect(trimmed.code).toBe('UNAUTHENTICATED')
  })

  it('accepts the password in any Unicode form', async () => {
    const { email } = await service.register({ password: 'caf\u00e9 con leche' })
    await service.login({ email, password: 'cafe\u0301 con leche' })
  })

  it('issues an access token with these claims and no personal data', async () => {
    const { id, token } = await service.signUp()
    const [header, payload] = token.split('.').slice(0, 2).map(decode)
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt' })
    const { iss, aud, sub, client_id, sid, jti, gen, iat, nbf, exp, roles, ...proof } = payload ?? {}
    const parties = { iss: 'postern', aud: 'postern', client_id: 'postern' }
    expect({ iss, aud, sub, client_id, gen, roles }).toEqual({ ...parties, sub: id, gen: 1, roles: ['USER'] })
    expect([sid, jti].every((uuid) => /^[0-9a-f-]{36}$/.test(uuid))).toBe(true)
    expect({ life: exp - iat, nbf }).toEqual({ life: 900, nbf: iat })
    expect(proof).toEqual({ auth_time: expect.any(Number), amr: ['pwd'], acr: 'aal1' })
    expect(proof['auth_time']).toBeLessThanOrEqual(iat)
  })

  it('returns when the access token expires', async () => {
    const { token, expiresAt } = await service.login(await service.register())
    expect(Date.parse(expiresAt) / 1000).toBe(decode(token.split('.')[1])['exp'])
  })

  it('stores no refresh token, only what it is derived from', async () => {
    const { refreshToken } = await service.signUp()
    const [sid, counter, mac] = refreshToken.split('.')
    const [row] = await service.database.query<Record<string, unknown>>('SELECT * FROM sessions WHERE id = ?', [sid])
    expect(row).toMatchObject({ refresh_counter: Number(counter) })
    expect(JSON.stringify(row)).not.toContain(mac)
  })

  it('records who signed in, from where and when', async () => {
    const { refreshToken, id } = await service.signUp()
    const [session] = await service.database.query<{ ip_address: string; user_agent: string; user_id: string }>(
      'SELECT ip_address, user_agent, user_id FROM sessions WHERE id = ?',
      [refreshToken.split('.')[0]],
    )
    expect(session).toMatchObject({ ip_address: '127.0.0.1', user_agent: 'node', user_id: id })
  })

  it.each([
    ['neither', { password: 'x' }],
    ['both', { email: 'a@example.com', username: 'abc', password: 'x' }],
  ])('answers INVALID_INPUT for %s of email and username', async (_, input) => {
    const answer = await service.graphql(LOGIN, { input })
    expect(answer.code).toBe('INVALID_INPUT')
    expect(answer.errors[0]?.extensions.fields?.map(({ path }) => path)).toEqual(['email', 'username'])
  })

  it('responds the same to a wrong password, an unknown user, an impossible username and a disabled account', async () => {
    const { email, username, password } = await service.register()
    const disabled = await service.register()
    await service.database.query('UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?', [disabled.id])
    const answers = await Promise.all(
      [
        { email, password: 'wrong password' },
        { username, password: 'wrong password' },
        { email: 'unknown@example.com', password },
        { email: '😀', password },
        { username: 'unknown-here', password },
        { username: '日本語', password },
        { username: '', password },
        { email: disabled.email, password: disabled.password },
        { email, password: 'x'.repeat(50_000) },
      ].map((input) => service.graphql(LOGIN, { input })),
    )
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['UNAUTHENTICATED']))
    expect(new Set(answers.map(({ errors }) => errors[0]?.message)).size).toBe(1)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('verifies one hash for an unknown user as for a known one', async () => {
    const { email } = await service.register()
    const hashes = async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      return Number(/^postern_password_hash_duration_seconds_count (\d+)$/m.exec(metrics)?.[1])
    }
    for (const input of [
      { email },
      { email: 'unknown@example.com' },
      { username: 'unknown-here' },
      { username: '!' },
    ]) {
      const before = await hashes()
      await service.graphql(LOGIN, { input: { ...input, password: 'wrong password' } })
      expect(await hashes()).toBe(before + 1)
    }
  })

  it('rehashes at the next login after the parameters were raised', async () => {
    const account = await service.register()
    const stronger = await startInstance({
      ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ARGON2_MEMORY_KIB: '2048' },
    })
    try {
      await stronger.login(account)
      const [row] = await service.database.query<{ secret: string }>(
        'SELECT secret FROM credentials WHERE user_id = ?',
        [account.id],
      )
      expect(row?.secret).toContain('m=2048')
      await stronger.login(account)
    } finally {
      await stronger.stop()
    }
  })
})

describe('a login that races with a password change', () => {
  /** Locks the user's row as a password change does, while the login, which has verified the old password, waits for it. */
  async function loginDuring(change: string) {
    const account = await service.register()
    const rival = await service.database.connect()
    await rival.query('START TRANSACTION; UPDATE users SET updated_at = updated_at WHERE id = ?', [account.id])
    const login = service.graphql(LOGIN, { input: { email: account.email, password: account.password } })
    await lockWait(service.database)
    await rival.query(`${change}; COMMIT`, [account.id])
    await rival.end()
    return login
  }

  it('starts no session if the generation has changed since it verified the password', async () => {
    const answer = await loginDuring('UPDATE users SET generation = generation + 1 WHERE id = ?')
    expect(answer.code).toBe('UNAUTHENTICATED')
  })

  it('starts no session if the account was disabled', async () => {
    const answer = await loginDuring('UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?')
    expect(answer.code).toBe('UNAUTHENTICATED')
  })

  it('starts a session if nothing relevant has changed', async () => {
    expect((await loginDuring('UPDATE users SET city = NULL WHERE id = ?')).code).toBeUndefined()
  })
})
