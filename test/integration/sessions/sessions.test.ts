import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { startInstance, startService, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

let service: Service
let admin: SignedIn

beforeAll(async () => {
  service = await startService()
  admin = await makeAdmin()
})
afterAll(() => service.stop())

async function makeAdmin(): Promise<SignedIn> {
  const account = await service.register()
  await service.app.services.accounts.roles.setRole({ email: account.email }, 'ADMIN', null)
  return { ...account, ...(await service.login(account)) }
}

const SESSIONS = '{ sessions { id createdAt lastUsedAt expiresAt ipAddress userAgent current } }'
const REVOKE = 'mutation ($id: ID!) { revokeSession(id: $id) }'
const REVOKE_USER = 'mutation ($userId: ID!) { revokeUserSessions(userId: $userId) }'
const SET_ROLE = 'mutation ($userId: ID!, $role: UserRole!) { setUserRole(userId: $userId, role: $role) { id role } }'
const PROFILE = '{ profile { id } }'

interface Listed {
  id: string
  current: boolean
  userAgent: string
}

const list = async (token: string): Promise<Listed[]> => (await service.succeed(SESSIONS, {}, token)).sessions
const sidOf = ({ refreshToken }: { refreshToken: string }) => refreshToken.split('.')[0] ?? ''
const isSignedIn = async (token: string) => (await service.graphql(PROFILE, {}, token)).code === undefined

describe('sessions', () => {
  it('lists the active sessions of the user and marks the current one', async () => {
    const user = await service.signUp()
    const [second, third] = [await service.login(user), await service.login(user)]
    await service.succeed('mutation { logout }', {}, third.token)
    const sessions = await list(second.token)
    expect(sessions.map(({ id }) => id)).toEqual([sidOf(second), sidOf(user)])
    expect(sessions.map(({ current }) => current)).toEqual([true, false])
    expect(sessions[0]).toMatchObject({ ipAddress: '127.0.0.1', userAgent: 'node' })
  })

  it('lists the most recently used first', async () => {
    const user = await service.signUp()
    await service.login(user)
    await service.succeed('mutation ($t: String!) { refreshToken(token: $t) { token } }', { t: user.refreshToken })
    expect((await list(user.token))[0]?.id).toBe(sidOf(user))
  })

  it('keeps at most the configured number: a new one ends the oldest', async () => {
    const few = await startInstance({
      ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), SESSIONS_PER_USER: '3' },
    })
    try {
      const account = await few.register()
      const opened = []
      for (let i = 0; i < 5; i++) opened.push(await few.login(account))
      const alive = await Promise.all(opened.map(({ token }) => isSignedIn(token)))
      expect(alive).toEqual([false, false, true, true, true])
      const rows = await service.database.query('SELECT sid FROM revocations WHERE sub = ? ORDER BY id', [account.id])
      expect(rows).toEqual(opened.slice(0, 2).map((session) => ({ sid: sidOf(session) })))
      await Promise.all(Array.from({ length: 6 }, () => few.login(account)))
      expect(
        await service.database.query('SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL', [account.id]),
      ).toHaveLength(3)
    } finally {
      await few.stop()
    }
  })
})

describe('revokeSession', () => {
  it('ends another session of the user', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    expect(await service.succeed(REVOKE, { id: sidOf(other) }, user.token)).toEqual({ revokeSession: true })
    expect(await isSignedIn(other.token)).toBe(false)
    expect(await isSignedIn(user.token)).toBe(true)
  })

  it("answers NOT_FOUND for a session that has ended, does not exist or is another user's, and for an invalid id", async () => {
    const [user, stranger] = [await service.signUp(), await service.signUp()]
    const over = await service.login(user)
    await service.succeed('mutation { logout }', {}, over.token)
    const ids = [sidOf(over), sidOf(stranger), '01a20128-2e38-75f8-986e-081b88796c39', 'nonsense', '日本']
    const answers = await Promise.all(ids.map((id) => service.graphql(REVOKE, { id }, user.token)))
    expect(answers.map(({ code, errors }) => [code, errors[0]?.message])).toEqual(
      ids.map(() => ['NOT_FOUND', answers[0]?.errors[0]?.message]),
    )
    expect(await isSignedIn(stranger.token)).toBe(true)
  })
})

describe('logoutAll', () => {
  it('ends every session, the current one too, and counts them', async () => {
    const user = await service.signUp()
    const others = [await service.login(user), await service.login(user)]
    expect(await service.succeed('mutation { logoutAll }', {}, user.token)).toEqual({ logoutAll: 3 })
    for (const { token } of [user, ...others]) expect(await isSignedIn(token)).toBe(false)
    await service.login(user)
  })
})

describe('an administrator', () => {
  it('ends all sessions of a user', async () => {
    const user = await service.signUp()
    await service.login(user)
    expect(await service.succeed(REVOKE_USER, { userId: user.id }, admin.token)).toEqual({ revokeUserSessions: 2 })
    expect(await isSignedIn(user.token)).toBe(false)
  })

  it('changes a role, and that ends the sessions of the user', async () => {
    const user = await service.signUp()
    const { setUserRole } = await service.succeed(SET_ROLE, { userId: user.id, role: 'ADMIN' }, admin.token)
    expect(setUserRole).toEqual({ id: user.id, role: 'ADMIN' })
    expect(await isSignedIn(user.token)).toBe(false)
    await service.succeed(SET_ROLE, { userId: user.id, role: 'USER' }, admin.token)
  })

  it('ends no session by setting the role that a user already has', async () => {
    const user = await service.signUp()
    await service.succeed(SET_ROLE, { userId: user.id, role: 'USER' }, admin.token)
    expect(await isSignedIn(user.token)).toBe(true)
  })

  it("can't demote the last administrator, not even if two demote each other at once", async () => {
    const alone = await startService()
    try {
      const admins = []
      for (let i = 0; i < 2; i++) {
        const account = await alone.register()
        await alone.app.services.accounts.roles.setRole({ email: account.email }, 'ADMIN', null)
        admins.push({ ...account, ...(await alone.login(account)) })
      }
      const [one, two] = admins
      await Promise.all([
        alone.graphql(SET_ROLE, { userId: two?.id, role: 'USER' }, one?.token),
        alone.graphql(SET_ROLE, { userId: one?.id, role: 'USER' }, two?.token),
      ])
      const left = await alone.database.query(`SELECT id FROM users WHERE role = 'ADMIN'`)
      expect(left).toHaveLength(1)
      const last = admins.find(({ id }) => id === (left[0] as { id: string }).id)
      const { token } = await alone.login(last ?? admins[0]!)
      expect((await alone.graphql(SET_ROLE, { userId: last?.id, role: 'USER' }, token)).code).toBe('FORBIDDEN')
    } finally {
      await alone.stop()
    }
  })

  it('can change nothing after a demotion', async () => {
    const [demoted, user] = [await service.register(), await service.register()]
    const change = service.app.services.accounts.roles.setRole({ id: user.id }, 'ADMIN', {
      ...{ kind: 'USER', id: demoted.id, origin: null },
    })
    await expect(change).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('gets NOT_FOUND for users that do not exist', async () => {
    for (const userId of ['01a20128-2e38-75f8-986e-081b88796c39', 'nonsense']) {
      expect((await service.graphql(REVOKE_USER, { userId }, admin.token)).code).toBe('NOT_FOUND')
      expect((await service.graphql(SET_ROLE, { userId, role: 'ADMIN' }, admin.token)).code).toBe('NOT_FOUND')
    }
  })

  it('is the only one with permission', async () => {
    const user = await service.signUp()
    for (const token of [user.token, undefined]) {
      const code = token ? 'FORBIDDEN' : 'UNAUTHENTICATED'
      expect((await service.graphql(REVOKE_USER, { userId: user.id }, token)).code).toBe(code)
      expect((await service.graphql(SET_ROLE, { userId: user.id, role: 'ADMIN' }, token)).code).toBe(code)
    }
  })
})
