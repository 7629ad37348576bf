import type { Connection } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { storedEntries } from '../../support/audit.js'
import { REGISTER, type SignedIn, unique } from '../../support/client.js'
import { killWaiting, lockWait } from '../../support/locks.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let rival: Connection

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
afterEach(async () => {
  await rival.query('ROLLBACK')
  await rival.end()
})

/** Another transaction. The server rolls back the one that has written less, so this one writes much. */
async function hold(sql: string, values: unknown[] = []): Promise<void> {
  rival = await service.database.connect()
  await rival.query('START TRANSACTION')
  await rival.query(sql, values)
  const names = Array.from({ length: 20 }, () => unique()).map((name) => `('${name}', '${name}', 'RETIRED')`)
  await rival.query(`INSERT INTO usernames (username_key, display, state) VALUES ${names.join(',')}`)
}

const LOGOUT = 'mutation { logout }'
const REVOKE = 'mutation ($id: ID!) { revokeSession(id: $id) }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const PROFILE = '{ profile { id } }'

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string; jti: string }

const isSignedIn = async (token: string) => (await service.graphql(PROFILE, {}, token)).code === undefined

/** What the end of a session has written. */
async function endOf({ id, token }: SignedIn) {
  const entries = await storedEntries(service.database, { account: id })
  const revocations = await service.database.query<{ jti: string }>('SELECT jti FROM revocations WHERE sub = ?', [id])
  return {
    isSignedIn: await isSignedIn(token),
    entries: entries.map(({ action }) => action).filter((action) => action !== 'REGISTER' && action !== 'LOGIN'),
    details: entries.filter(({ request_id }) => request_id !== null).length,
    revoked: revocations.map(({ jti }) => jti),
  }
}

describe.each([
  ['a logout', 'LOGOUT', (user: SignedIn) => service.graphql(LOGOUT, {}, user.token)],
  [
    'the end of another session',
    'REVOKE_SESSION',
    async (user: SignedIn) => {
      const other = await service.login(user)
      return service.graphql(REVOKE, { id: claimsOf(user.token).sid }, other.token)
    },
  ],
])('%s', (_what, action, end) => {
  // It waits for the gap where its revocation belongs, after it has ended the session and written the audit log.
  const beforeTheRevocation = () => hold('SELECT id FROM revocations FOR UPDATE')

  it('leaves nothing behind if its connection is killed halfway, and works afterward', async () => {
    const user = await service.signUp()
    await beforeTheRevocation()
    const ending = end(user)
    await killWaiting(service.database)
    expect((await ending).code).toBe('SERVICE_UNAVAILABLE')
    await rival.query('ROLLBACK')
    expect(await endOf(user)).toMatchObject({ isSignedIn: true, entries: [], revoked: [] })
    expect((await end(user)).code).toBeUndefined()
    expect(await endOf(user)).toMatchObject({ isSignedIn: false, entries: [action] })
  })

  it('is repeated as a whole after a deadlock: one entry with its details, one revocation', async () => {
    const user = await service.signUp()
    const { sid, jti } = claimsOf(user.token)
    await beforeTheRevocation()
    const ending = end(user)
    await lockWait(service.database)
    await rival.query('UPDATE sessions SET user_agent = NULL WHERE id = ?', [sid])
    expect(await endOf(user)).toMatchObject({ isSignedIn: true, entries: [], revoked: [] })
    await rival.query('COMMIT')
    expect((await ending).code).toBeUndefined()
    const { details, ...written } = await endOf(user)
    expect(written).toEqual({ isSignedIn: false, entries: [action], revoked: [jti] })
    // Of the registration, of each login, and of the end.
    expect(details).toBe(action === 'LOGOUT' ? 3 : 4)
  })
})

describe('a registration', () => {
  const inputOf = (username: string) => ({
    input: { email: `${username}@example.com`, username, password: 'correct horse' },
  })

  async function tracesOf(username: string) {
    const [user] = await service.database.query<{ id: string }>('SELECT id FROM users WHERE email = ?', [
      `${username}@example.com`,
    ])
    const count = async (sql: string, value: string | undefined) =>
      (await service.database.query(sql, [value ?? ''])).length
    return {
      users: user ? 1 : 0,
      credentials: await count('SELECT id FROM credentials WHERE user_id = ?', user?.id),
      usernames: await count('SELECT user_id FROM usernames WHERE username_key = ?', username),
      history: await count('SELECT id FROM username_history WHERE username_key = ?', username),
      entries: await count('SELECT id FROM audit_entries WHERE account_id = ?', user?.id),
    }
  }

  const NOTHING = { users: 0, credentials: 0, usernames: 0, history: 0, entries: 0 }
  const EVERYTHING = { users: 1, credentials: 1, usernames: 1, history: 1, entries: 1 }

  // It waits there with its last statement.
  const beforeTheHistory = () => hold('SELECT id FROM username_history FOR UPDATE')

  it('leaves nothing behind if its connection is killed halfway: the address and the username stay free', async () => {
    const username = unique()
    await beforeTheHistory()
    const registering = service.graphql(REGISTER, inputOf(username))
    await killWaiting(service.database)
    expect((await registering).code).toBe('SERVICE_UNAVAILABLE')
    await rival.query('ROLLBACK')
    expect(await tracesOf(username)).toEqual(NOTHING)
    expect((await service.graphql(REGISTER, inputOf(username))).code).toBeUndefined()
    expect(await tracesOf(username)).toEqual(EVERYTHING)
  })

  it('is repeated as a whole after a deadlock', async () => {
    const username = unique()
    await beforeTheHistory()
    const registering = service.graphql(REGISTER, inputOf(username))
    await lockWait(service.database)
    await rival.query('SELECT id FROM users WHERE email_key = ? FOR UPDATE', [`${username}@example.com`])
    expect(await tracesOf(username)).toEqual(NOTHING)
    await rival.query('COMMIT')
    expect((await registering).code).toBeUndefined()
    expect(await tracesOf(username)).toEqual(EVERYTHING)
  })
})

describe('a refresh', () => {
  const holdSession = (user: SignedIn) =>
    hold('SELECT id FROM sessions WHERE id = ? FOR UPDATE', [claimsOf(user.token).sid])

  it('rotates nothing if its connection is killed: the same refresh token works afterward', async () => {
    const user = await service.signUp()
    await holdSession(user)
    const refreshing = service.graphql(REFRESH, { token: user.refreshToken })
    await killWaiting(service.database)
    expect((await refreshing).code).toBe('SERVICE_UNAVAILABLE')
    await rival.query('ROLLBACK')
    const sql = 'SELECT refresh_counter AS counter FROM sessions WHERE id = ?'
    expect(await service.database.query(sql, [claimsOf(user.token).sid])).toEqual([{ counter: 0 }])
    await service.succeed(REFRESH, { token: user.refreshToken })
  })

  it('that was answered with SERVICE_UNAVAILABLE after a long wait rotates nothing later', async () => {
    const hasty = await startInstance({
      ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '1' },
    })
    const user = await service.signUp()
    await holdSession(user)
    expect((await hasty.graphql(REFRESH, { token: user.refreshToken })).code).toBe('SERVICE_UNAVAILABLE')
    // The server does not notice that the client has given up.
    const waiting =
      "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'UPDATE sessions %'"
    const hasGivenUp = async () => (await service.database.query(waiting)).length === 0
    await until('the statement has given up', hasGivenUp, { seconds: 10 })
    await rival.query('ROLLBACK')
    const sql = 'SELECT refresh_counter AS counter FROM sessions WHERE id = ?'
    expect(await service.database.query(sql, [claimsOf(user.token).sid])).toEqual([{ counter: 0 }])
    await hasty.stop()
  })

  it('never revives a session that ends at the same moment', async () => {
    const user = await service.signUp()
    await holdSession(user)
    const refreshing = service.graphql(REFRESH, { token: user.refreshToken })
    await lockWait(service.database)
    await rival.query('UPDATE sessions SET ended_at = UTC_TIMESTAMP(3) WHERE id = ?', [claimsOf(user.token).sid])
    await rival.query('COMMIT')
    expect((await refreshing).code).toBe('UNAUTHENTICATED')
  })
})
