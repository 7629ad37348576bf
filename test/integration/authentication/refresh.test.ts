import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Instance, LogLine, Service } from '../../support/service.js'
import { startInstance, startService } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

let service: Service
let second: Instance

beforeAll(async () => {
  service = await startService()
  second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
})
afterAll(async () => {
  await second.stop()
  await service.stop()
})

const REFRESH =
  'mutation ($token: String!, $userId: ID) { refreshToken(token: $token, userId: $userId) { token refreshToken expiresAt } }'
const PROFILE = '{ profile { id } }'

const refresh = async (token: string): Promise<{ token: string; refreshToken: string; expiresAt: string }> =>
  (await service.succeed(REFRESH, { token })).refreshToken

const refreshCode = async (token: string, userId?: string) => (await service.graphql(REFRESH, { token, userId })).code

/** Moves the latest rotation of a session into the past. */
const age = (refreshToken: string, seconds: number) =>
  service.database.query('UPDATE sessions SET rotated_at = rotated_at - INTERVAL ? SECOND WHERE id = ?', [
    seconds,
    refreshToken.split('.')[0],
  ])

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

describe('refreshToken', () => {
  it('returns a new access token of the same session, and a new refresh token', async () => {
    const user = await service.signUp()
    const refreshed = await refresh(user.refreshToken)
    const [before, after] = [claimsOf(user.token), claimsOf(refreshed.token)]
    expect(after).toMatchObject({ sub: user.id, sid: before['sid'], gen: before['gen'] })
    expect(after['jti']).not.toBe(before['jti'])
    expect(refreshed.refreshToken).not.toBe(user.refreshToken)
    expect(Date.parse(refreshed.expiresAt) / 1000).toBe(after['exp'])
    await service.succeed(PROFILE, {}, refreshed.token)
  })

  it('keeps when and how the person has proved who they are, also of a session of an earlier version', async () => {
    const user = await service.signUp()
    const { sid, auth_time: signedInAt } = claimsOf(user.token)
    const set = (sql: string) => service.database.query(`UPDATE sessions SET ${sql} WHERE id = ?`, [sid])
    await set("auth_time = '2026-11-01 12:00:00', amr = 'pwd,otp,mfa'")
    const first = await refresh(user.refreshToken)
    const proof = { auth_time: Date.parse('2026-11-01T12:00:00Z') / 1000, amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' }
    expect(claimsOf(first.token)).toMatchObject(proof)
    // The version before writes no time, and its rows have the default of the column.
    await set("auth_time = NULL, amr = 'pwd'")
    const second = await refresh(first.refreshToken)
    expect(claimsOf(second.token)).toMatchObject({ auth_time: signedInAt, amr: ['pwd'], acr: 'aal1' })
  })

  it('works with each successor in turn', async () => {
    let { refreshToken } = await service.signUp()
    for (let i = 1; i <= 5; i++) {
      refreshToken = (await refresh(refreshToken)).refreshToken
      expect(refreshToken.split('.')[1]).toBe(String(i))
    }
  })

  it('returns the same successor to a second tab, or after a lost response', async () => {
    const { refreshToken } = await service.signUp()
    const [first, again] = [await refresh(refreshToken), await refresh(refreshToken)]
    expect(again.refreshToken).toBe(first.refreshToken)
    await service.succeed(PROFILE, {}, again.token)
    await refresh(first.refreshToken)
  })

  it('returns the same successor for a minute, from every instance and after a restart', async () => {
    const { refreshToken } = await service.signUp()
    const first = await refresh(refreshToken)
    await age(refreshToken, 50)
    const restarted = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
    for (const instance of [service, second, restarted]) {
      const { refreshToken: again } = await instance.succeed(REFRESH, { token: refreshToken })
      expect(again.refreshToken).toBe(first.refreshToken)
    }
    await restarted.stop()
    // Using it does not extend the grace period.
    await age(refreshToken, 11)
    expect(await refreshCode(refreshToken)).toBe('REFRESH_TOKEN_REUSED')
  })

  it('accepts a rotation that lies in the future by as much as the clocks of two servers can differ', async () => {
    const { refreshToken } = await service.signUp()
    const first = await refresh(refreshToken)
    await age(refreshToken, -20)
    expect((await refresh(refreshToken)).refreshToken).toBe(first.refreshToken)
  })

  it('grants no grace when the clock was set back', async () => {
    const { refreshToken } = await service.signUp()
    await refresh(refreshToken)
    await age(refreshToken, -40)
    expect(await refreshCode(refreshToken)).toBe('REFRESH_TOKEN_REUSED')
  })

  it('grants no grace with REFRESH_GRACE=0, whatever the clocks show', async () => {
    const strict = await startInstance({
      ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
      REFRESH_GRACE: '0',
    })
    const { refreshToken } = await strict.signUp()
    await strict.succeed(REFRESH, { token: refreshToken })
    await age(refreshToken, -1)
    expect((await strict.graphql(REFRESH, { token: refreshToken })).code).toBe('REFRESH_TOKEN_REUSED')
    await strict.stop()
  })

  it('warns at the start when the grace period is shorter than a refresh of the client can take', async () => {
    const warningsWith = async (grace: string) => {
      const lines: LogLine[] = []
      const env = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), LOG_LEVEL: 'warn' }
      const instance = await startInstance(
        { ...env, REFRESH_GRACE: grace },
        { alone: true, onLine: (line) => lines.push(line) },
      )
      await instance.stop()
      return lines.filter(({ msg }) => String(msg).includes('REFRESH_GRACE')).length
    }
    expect([await warningsWith('21'), await warningsWith('22')]).toEqual([1, 0])
  })

  it('treats a use after the grace period as theft: ends the session and its access tokens', async () => {
    const user = await service.signUp()
    const { token, refreshToken } = await refresh(user.refreshToken)
    await age(refreshToken, 61)
    expect(await refreshCode(user.refreshToken)).toBe('REFRESH_TOKEN_REUSED')
    expect(await refreshCode(refreshToken)).toBe('UNAUTHENTICATED')
    for (const accessToken of [user.token, token])
      expect((await service.graphql(PROFILE, {}, accessToken)).code).toBe('UNAUTHENTICATED')
    const rows = await service.database.query('SELECT scope, sid FROM revocations WHERE reason = ? AND sub = ?', [
      'refresh_token_reused',
      user.id,
    ])
    expect(rows).toEqual([{ scope: 'SESSION', sid: refreshToken.split('.')[0] }])
  })

  it('treats a token that is two rotations old as theft at once', async () => {
    const { refreshToken } = await service.signUp()
    await refresh((await refresh(refreshToken)).refreshToken)
    expect(await refreshCode(refreshToken)).toBe('REFRESH_TOKEN_REUSED')
  })

  it('keeps the other sessions of the user when it ends one for theft', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    await refresh((await refresh(user.refreshToken)).refreshToken)
    expect(await refreshCode(user.refreshToken)).toBe('REFRESH_TOKEN_REUSED')
    await service.succeed(PROFILE, {}, other.token)
  })

  it('leaves exactly one valid successor after 50 refreshes at once on two instances', async () => {
    const { refreshToken } = await service.signUp()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => (i % 2 ? service : second).graphql(REFRESH, { token: refreshToken })),
    )
    expect(answers.map(({ code }) => code ?? 'OK')).toEqual(Array(50).fill('OK'))
    const successors = new Set(answers.map(({ data }) => data?.['refreshToken'].refreshToken as string))
    expect(successors.size).toBe(1)
    await refresh([...successors][0] ?? '')
  })

  it("answers UNAUTHENTICATED, never reuse, for a token that is not genuine or another user's", async () => {
    const user = await service.signUp()
    const [sid, counter, mac = ''] = user.refreshToken.split('.')
    const stranger = await service.signUp()
    const forged = [
      ...['', 'nonsense', `${sid}.${counter}`, `${sid}.${counter}.${mac}.x`, `${sid}.00.${mac}`, `${sid}.-1.${mac}`],
      ...[
        `${sid}.1.${mac}`,
        `${sid}.${counter}.${'A'.repeat(43)}`,
        `${sid}.${counter}.${mac}=`,
        ` ${user.refreshToken}`,
      ],
      ...[`${stranger.refreshToken.split('.')[0]}.${counter}.${mac}`, `${sid}.1e0.${mac}`, user.token, 'é.0.x'],
      `${sid}.${counter}.${mac.slice(0, -1)}${mac.endsWith('A') ? 'B' : 'A'}`,
    ]
    for (const token of forged) expect(await refreshCode(token), token).toBe('UNAUTHENTICATED')
    expect(await refreshCode(user.refreshToken, stranger.id)).toBe('UNAUTHENTICATED')
    expect(await refreshCode(user.refreshToken, user.id)).toBeUndefined()
  })

  it('accepts the deprecated argument userID, and refuses two that differ', async () => {
    const [user, stranger] = [await service.signUp(), await service.signUp()]
    const query = `mutation ($token: String!, $userID: ID, $userId: ID) {
      refreshToken(token: $token, userID: $userID, userId: $userId) { token }
    }`
    const answer = (variables: object) => service.graphql(query, { token: user.refreshToken, ...variables })
    expect((await answer({ userID: stranger.id })).code).toBe('UNAUTHENTICATED')
    const { errors } = await answer({ userID: user.id, userId: stranger.id })
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'userId' }] })
    expect((await answer({ userID: user.id, userId: user.id })).code).toBeUndefined()
  })

  it('answers UNAUTHENTICATED once the session has ended, expired, or is of an earlier generation', async () => {
    const [out, expired, changed] = [await service.signUp(), await service.signUp(), await service.signUp()]
    await service.succeed('mutation { logout }', {}, out.token)
    await service.database.query(
      'UPDATE sessions SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE user_id = ?',
      [expired.id],
    )
    await service.database.query('UPDATE users SET generation = generation + 1 WHERE id = ?', [changed.id])
    for (const { refreshToken } of [out, expired, changed])
      expect(await refreshCode(refreshToken)).toBe('UNAUTHENTICATED')
  })

  it('extends the session by the idle time, never past its absolute end', async () => {
    const short = await startInstance({
      ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
      ...{ SESSION_IDLE_TTL: '1000', SESSION_ABSOLUTE_TTL: '1500' },
    })
    try {
      const { refreshToken } = await short.signUp()
      const sid = refreshToken.split('.')[0]
      const before = await expiryOf(sid)
      await service.database.query(
        'UPDATE sessions SET expires_at = expires_at - INTERVAL 600 SECOND, absolute_expires_at = absolute_expires_at - INTERVAL 600 SECOND WHERE id = ?',
        [sid],
      )
      await short.succeed(REFRESH, { token: refreshToken })
      expect((await expiryOf(sid)).left).toBeLessThanOrEqual(900)
      expect((await expiryOf(sid)).left).toBeGreaterThan(before.left - 600)
    } finally {
      await short.stop()
    }
  })
})

async function expiryOf(sid: string | undefined): Promise<{ left: number }> {
  const [row] = await service.database.query<{ left: number }>(
    'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(3), expires_at) AS `left` FROM sessions WHERE id = ?',
    [sid],
  )
  if (!row) throw new Error('The session has no row')
  return { left: Number(row.left) }
}
