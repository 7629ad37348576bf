import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionValidator, type SessionValidator } from '../../../packages/session/src/index.js'
import { LOGIN, type Account, type SignedIn } from '../../support/client.js'
import { page, send, signInFrom } from '../../support/cookies.js'
import { lockWait } from '../../support/locks.js'
import { startRedis, type RedisServer } from '../../support/redis-server.js'
import { refusal } from '../../support/refusal.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let redis: RedisServer
let service: Service
let validator: SessionValidator

beforeAll(async () => {
  redis = await startRedis()
  service = await startService({ REDIS_URL: redis.url, ALLOWED_ORIGINS: 'https://app.example.com' })
  validator = await createSessionValidator({
    ...{ secret: TEST_ENVIRONMENT.JWT_SECRET, issuer: 'postern', audience: 'postern' },
    ...{ redis: redis.url, waitForReady: 60, whenDisconnected: 'deny' },
  })
})
afterAll(async () => {
  await validator.close()
  await service.stop()
  await redis.stop()
})

const UPDATE =
  'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token refreshToken expiresAt } }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const PROFILE = '{ profile { id } }'
const NEW_PASSWORD = 'brand new horse'

interface Tokens {
  token: string
  refreshToken: string
  expiresAt: string
}

const inputFor = ({ password }: Account, newPassword = NEW_PASSWORD) => ({
  input: { oldPassword: password, newPassword, confirmNewPassword: newPassword },
})
const update = async (user: SignedIn): Promise<Tokens> =>
  (await service.succeed(UPDATE, inputFor(user), user.token)).updatePassword
const profileCode = async (token: string) => (await service.graphql(PROFILE, {}, token)).code
const refreshCode = async (token: string) => (await service.graphql(REFRESH, { token })).code
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

describe('updatePassword', () => {
  it('replaces the password', async () => {
    const user = await service.signUp()
    await update(user)
    const { email, password } = user
    expect((await service.graphql(LOGIN, { input: { email, password } })).code).toBe('UNAUTHENTICATED')
    await service.login({ email, password: NEW_PASSWORD })
  })

  it('keeps the session, with tokens of a new generation', async () => {
    const user = await service.signUp()
    const updated = await update(user)
    const [before, after] = [claimsOf(user.token), claimsOf(updated.token)]
    expect(after).toMatchObject({ sub: user.id, sid: before['sid'], gen: 2 })
    expect(after['jti']).not.toBe(before['jti'])
    expect(Date.parse(updated.expiresAt) / 1000).toBe(after['exp'])
    const { sessions } = await service.succeed('{ sessions { id current } }', {}, updated.token)
    expect(sessions).toEqual([{ id: before['sid'], current: true }])
  })

  it('ends every other session and refuses the earlier access token of this one', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    const { token } = await update(user)
    expect(await profileCode(user.token)).toBe('UNAUTHENTICATED')
    expect(await profileCode(other.token)).toBe('UNAUTHENTICATED')
    expect(await refreshCode(other.refreshToken)).toBe('UNAUTHENTICATED')
    expect(await profileCode(token)).toBeUndefined()
    const rows = await service.database.query('SELECT scope, gen, reason FROM revocations WHERE sub = ?', [user.id])
    expect(rows).toEqual([{ scope: 'USER', gen: 2, reason: 'password_changed' }])
  })

  it('makes validators refuse the earlier tokens and accept the new one', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    expect(refusal(() => validator.validate(user.token))).toBe('accepted')
    const { token } = await update(user)
    for (const earlier of [user.token, other.token])
      await until('the validator refuses it', () => refusal(() => validator.validate(earlier)) === 'revoked')
    expect(refusal(() => validator.validate(token))).toBe('accepted')
  })

  it('refuses the earlier refresh tokens, within the grace period too, and the session stays active', async () => {
    const user = await service.signUp()
    const refreshed = (await service.succeed(REFRESH, { token: user.refreshToken })).refreshToken as Tokens
    const updated = await update({ ...user, token: refreshed.token })
    for (const earlier of [user.refreshToken, refreshed.refreshToken])
      expect(await refreshCode(earlier)).toBe('UNAUTHENTICATED')
    await service.database.query('UPDATE sessions SET rotated_at = rotated_at - INTERVAL 1 HOUR WHERE user_id = ?', [
      user.id,
    ])
    expect(await refreshCode(refreshed.refreshToken)).toBe('UNAUTHENTICATED')
    expect(await profileCode(updated.token)).toBeUndefined()
    const { refreshToken } = await service.succeed(REFRESH, { token: updated.refreshToken })
    expect(await profileCode(refreshToken.token)).toBeUndefined()
  })

  it('sets new cookies in cookie mode and returns empty strings', async () => {
    const user = await service.signUp()
    const headers = page('https://app.example.com')
    const signedIn = await signInFrom(service.url, headers, user)
    const answer = await send(service.url, UPDATE, {
      headers: { ...headers, cookie: signedIn.cookie },
      variables: inputFor(user),
    })
    expect(answer.data?.updatePassword).toMatchObject({ token: '', refreshToken: '' })
    const cookie = [...answer.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    expect(await send(service.url, PROFILE, { headers: { ...headers, cookie } })).toMatchObject({
      data: { profile: { id: user.id } },
    })
    const before = await send(service.url, PROFILE, { headers: { ...headers, cookie: signedIn.cookie } })
    expect(before.code).toBe('UNAUTHENTICATED')
  })

  it('answers FORBIDDEN and changes nothing if the request may not use cookies', async () => {
    const user = await service.signUp()
    const headers = { ...page('https://evil.example'), authorization: `Bearer ${user.token}` }
    const answer = await send(service.url, UPDATE, { headers, variables: inputFor(user) })
    expect(answer).toMatchObject({ code: 'FORBIDDEN', setCookie: [] })
    expect(await profileCode(user.token)).toBeUndefined()
    await service.login(user)
  })

  it.each([
    ['oldPassword', 'INVALID_INPUT', { oldPassword: 'not my password' }],
    ['newPassword', 'INVALID_INPUT', { newPassword: 'short', confirmNewPassword: 'short' }],
    ['newPassword', 'WEAK_PASSWORD', { newPassword: 'password123', confirmNewPassword: 'password123' }],
  ])('refuses a wrong %s with %s and keeps every session', async (path, code, change) => {
    const user = await service.signUp()
    const { input } = inputFor(user)
    const answer = await service.graphql(UPDATE, { input: { ...input, ...change } }, user.token)
    expect(answer.errors[0]?.extensions).toMatchObject({ code, fields: [{ path, code }] })
    expect(await profileCode(user.token)).toBeUndefined()
  })

  it('lets one of five win when all change the same password at once', async () => {
    const user = await service.signUp()
    const passwords = Array.from({ length: 5 }, (_, i) => `brand new horse ${i}`)
    const answers = await Promise.all(
      passwords.map((password) => service.graphql(UPDATE, inputFor(user, password), user.token)),
    )
    const winners = answers.filter(({ code }) => code === undefined)
    expect(winners).toHaveLength(1)
    for (const { code } of answers) expect([undefined, 'UNAUTHENTICATED', 'INVALID_INPUT']).toContain(code)
    expect(await profileCode(winners[0]?.data?.updatePassword.token)).toBeUndefined()
    await service.login({ email: user.email, password: passwords[answers.findIndex(({ data }) => data)] ?? '' })
  })

  it.each([
    ['a logout that commits', 'UPDATE sessions SET ended_at = UTC_TIMESTAMP(3) WHERE user_id = ?', ''],
    [
      'an operator who disables the user',
      'UPDATE users SET disabled_at = UTC_TIMESTAMP(3) WHERE id = ?',
      'UPDATE users SET disabled_at = NULL WHERE id = ?',
    ],
  ])('loses to %s first, and leaves the password unchanged', async (_, change, undo) => {
    const user = await service.signUp()
    const rival = await service.database.connect()
    await rival.query(`START TRANSACTION; ${change}`, [user.id])
    const updating = service.graphql(UPDATE, inputFor(user), user.token)
    await lockWait(service.database)
    await rival.query('COMMIT')
    await rival.end()
    expect((await updating).code).toBe('UNAUTHENTICATED')
    if (undo) await service.database.query(undo, [user.id])
    await service.login(user)
  })

  it('leaves no usable token to a refresh that runs at the same time', async () => {
    const user = await service.signUp()
    const [refreshed, updated] = await Promise.all([
      service.graphql(REFRESH, { token: user.refreshToken }),
      service.graphql(UPDATE, inputFor(user), user.token),
    ])
    expect(updated.code).toBeUndefined()
    expect([undefined, 'UNAUTHENTICATED']).toContain(refreshed.code)
    const { token, refreshToken } = (refreshed.data?.refreshToken ?? user) as Tokens
    expect(await profileCode(token)).toBe('UNAUTHENTICATED')
    expect(await refreshCode(refreshToken)).toBe('UNAUTHENTICATED')
    expect(await profileCode(updated.data?.updatePassword.token)).toBeUndefined()
    expect(await refreshCode(updated.data?.updatePassword.refreshToken)).toBeUndefined()
  })
})
