import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REGISTER, unique, type SignedIn } from '../../support/client.js'
import { lockWait } from '../../support/locks.js'
import { connectTestRedis, testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
/** On the same data, without the limit on changes. */
let generous: Instance
let admin: SignedIn

beforeAll(async () => {
  ;(await connectTestRedis()).disconnect()
  service = await startService()
  const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  generous = await startInstance({ ...shared, USERNAME_RENAMES: '1000/1' })
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  await generous.stop()
  await service.stop()
})

const UPDATE = 'mutation ($username: String) { updateProfile(input: { username: $username }) { username } }'
const rename = (username: string | null, { token }: SignedIn, where: Instance = service) =>
  where.graphql(UPDATE, { username }, token)
const renameCode = async (...args: Parameters<typeof rename>) => (await rename(...args)).code
const registrationCode = async (username: string, where: Instance = service) => {
  const input = { email: `${unique()}@example.com`, password: 'correct horse', username }
  return (await where.graphql(REGISTER, { input })).code
}
const CHECK =
  'query ($username: String!) { checkUsernameAvailability(username: $username) { available reason message } }'
const check = async (username: string, where: Instance = service) =>
  (await where.succeed(CHECK, { username })).checkUsernameAvailability
const HISTORY = 'query ($userId: ID) { usernameHistory(userId: $userId) { username claimedAt releasedAt heldUntil } }'
const DAY_MS = 86_400_000

describe('a released username', () => {
  it('is held for its last owner: others are refused, the last owner is not', async () => {
    const owner = await service.signUp()
    await check(owner.username)
    expect(await renameCode(unique(), owner)).toBeUndefined()
    for (const where of [service, service])
      expect(await check(owner.username, where)).toEqual({
        available: false,
        reason: 'HELD',
        message: 'This username was released recently and is held for its last owner.',
      })
    const other = await service.signUp()
    expect(await registrationCode(owner.username.toUpperCase())).toBe('USERNAME_TAKEN')
    expect(await renameCode(owner.username, other)).toBe('USERNAME_TAKEN')
    expect(await renameCode(owner.username, owner)).toBeUndefined()
    expect(await check(owner.username)).toMatchObject({ reason: 'TAKEN' })
  })

  it('is reported as held by other instances once their process cache has expired', async () => {
    const owner = await service.signUp()
    expect(await check(owner.username, generous)).toMatchObject({ reason: 'TAKEN' })
    await rename(null, owner)
    await until('it is on hold', async () => (await check(owner.username, generous)).reason === 'HELD')
  })

  it('is available to everyone once the hold is over, and Redis keeps it no longer', async () => {
    const brief = await startService({ USERNAME_HOLD: '2' })
    const owner = await brief.signUp()
    await rename(unique(), owner, brief)
    const before = performance.now()
    expect(await check(owner.username, brief)).toMatchObject({ reason: 'HELD' })
    await until('it is free', async () => (await check(owner.username, brief)).available)
    // Two seconds of hold, and five in the process cache.
    expect(performance.now() - before).toBeLessThan(8000)
    expect(await registrationCode(owner.username, brief)).toBeUndefined()
    expect(await renameCode(owner.username, owner, brief)).toBe('USERNAME_TAKEN')
    await brief.stop()
  })

  it('is refused to a registration that waited for the lock of the row', async () => {
    const owner = await service.signUp()
    const connection = await service.database.connect()
    // The rename stops before it commits.
    await connection.beginTransaction()
    await connection.query(
      "UPDATE usernames SET state = 'RELEASED', held_until = ?, display = username_key WHERE username_key = ?",
      [new Date(Date.now() + 30 * DAY_MS), owner.username],
    )
    const codes = Promise.all([0, 1, 2].map(async () => claimPastTheCheck(owner.username)))
    await lockWait(service.database, 3)
    await connection.commit()
    await connection.end()
    expect(await codes).toEqual(['USERNAME_TAKEN', 'USERNAME_TAKEN', 'USERNAME_TAKEN'])
    expect(await renameCode(owner.username, owner)).toBeUndefined()
  })

  it('goes to exactly one of many concurrent claims once it is free', async () => {
    const owner = await service.signUp()
    await rename(null, owner)
    await service.database.query('UPDATE usernames SET held_until = NOW(3) WHERE user_id = ?', [owner.id])
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => registrationCode(owner.username, i % 2 ? service : generous)),
    )
    expect(codes.filter((code) => code === undefined)).toHaveLength(1)
    expect(codes.filter((code) => code === 'USERNAME_TAKEN')).toHaveLength(19)
  })

  it('is available at once with USERNAME_HOLD=0', async () => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const none = await startInstance({ ...shared, USERNAME_HOLD: '0' })
    const owner = await none.signUp()
    expect(await none.isAvailable(owner.username)).toBe(false)
    await rename(null, owner, none)
    expect(await none.isAvailable(owner.username)).toBe(true)
    expect(await registrationCode(owner.username)).toBeUndefined()
    await none.stop()
  })

  it('stays on hold after its last owner deleted the account, and is available when the hold is over', async () => {
    const owner = await service.signUp()
    const first = owner.username
    await rename(unique(), owner)
    await service.succeed('mutation { deleteAccount(password: "correct horse") }', {}, owner.token)
    expect(await registrationCode(first)).toBe('USERNAME_TAKEN')
    await service.database.query('UPDATE usernames SET held_until = NOW(3) WHERE username_key = ?', [first])
    expect(await registrationCode(first)).toBeUndefined()
  })

  /** Registers without the early check, so that the claim decides. */
  async function claimPastTheCheck(username: string): Promise<string | undefined> {
    const { availability } = service.app.services.usernames
    const findClaimProblem = availability.findClaimProblem.bind(availability)
    availability.findClaimProblem = async () => null
    try {
      return await registrationCode(username)
    } finally {
      availability.findClaimProblem = findClaimProblem
    }
  }
})

describe('renames', () => {
  it('are refused beyond USERNAME_RENAMES, with the seconds until the next one', async () => {
    const user = await service.signUp()
    for (let i = 0; i < 3; i++) expect(await renameCode(unique(), user)).toBeUndefined()
    const { errors, status } = await rename(unique(), user)
    expect([status, errors[0]?.extensions.code]).toEqual([200, 'RATE_LIMITED'])
    expect(errors[0]?.extensions.retryAfter).toBeGreaterThan(30 * 86_400 - 60)
    expect(errors[0]?.extensions.retryAfter).toBeLessThanOrEqual(30 * 86_400)
    await service.database.query(
      'UPDATE username_history SET claimed_at = claimed_at - INTERVAL 30 DAY WHERE user_id = ?',
      [user.id],
    )
    expect(await renameCode(unique(), user)).toBeUndefined()
  })

  it('count, except the first claim, changes of case, releases and refused changes', async () => {
    const input = { email: `${unique()}@example.com`, password: 'correct horse' }
    await service.succeed(REGISTER, { input })
    const user = { ...input, ...(await service.login(input)), id: '', username: '' }
    const [first, taken] = [unique(), await service.register()]
    expect(await renameCode(first, user)).toBeUndefined()
    for (const spelling of [first.toUpperCase(), first, first.toUpperCase()])
      expect(await renameCode(spelling, user)).toBeUndefined()
    expect(await renameCode(taken.username, user)).toBe('USERNAME_TAKEN')
    expect(await renameCode('admin', user)).toBe('USERNAME_RESERVED')
    for (let i = 0; i < 2; i++) expect(await renameCode(unique(), user)).toBeUndefined()
    for (let i = 0; i < 3; i++) expect(await renameCode(null, user)).toBeUndefined()
    // Releasing a username and claiming another one is a change, and counts.
    expect(await renameCode(unique(), user)).toBeUndefined()
    expect(await renameCode(unique(), user)).toBe('RATE_LIMITED')
    expect(await renameCode(null, user)).toBeUndefined()
    expect(await renameCode(unique(), user)).toBe('RATE_LIMITED')
  })

  it('are counted one after the other when they are concurrent', async () => {
    const user = await service.signUp()
    const codes = await Promise.all(Array.from({ length: 12 }, () => renameCode(unique(), user)))
    expect(codes.filter((code) => code === undefined)).toHaveLength(3)
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(9)
  })

  it('that are refused change no other field either', async () => {
    const user = await service.signUp()
    for (let i = 0; i < 3; i++) await rename(unique(), user)
    const both = 'mutation ($name: String!) { updateProfile(input: { username: $name, firstName: "New" }) { id } }'
    expect((await service.graphql(both, { name: unique() }, user.token)).code).toBe('RATE_LIMITED')
    expect((await service.succeed('{ profile { firstName } }', {}, user.token)).profile.firstName).toBeNull()
  })
})

describe('usernameHistory', () => {
  it('lists current and past usernames, the newest first, with the end of each hold', async () => {
    const user = await service.signUp()
    const [second, third] = [unique(), unique()]
    await rename(second, user)
    await rename(second.toUpperCase(), user)
    await rename(third, user)
    const history = (await service.succeed(HISTORY, {}, user.token)).usernameHistory as {
      username: string
      claimedAt: string
      releasedAt: string
      heldUntil: string
    }[]
    expect(history.map(({ username }) => username)).toEqual([...[third, second.toUpperCase(), user.username]])
    expect(history[0]).toMatchObject({ releasedAt: null, heldUntil: null })
    for (const { claimedAt, releasedAt, heldUntil } of history.slice(1)) {
      expect(Date.parse(releasedAt)).toBeGreaterThan(Date.parse(claimedAt))
      expect(Date.parse(heldUntil) - Date.parse(releasedAt)).toBe(30 * DAY_MS)
    }
  })

  it('respells only the current username, even if a version without history left a record open', async () => {
    const user = await service.signUp()
    const sql = 'INSERT INTO username_history (user_id, username_key, display, claimed_at) VALUES (?, ?, ?, NOW(3))'
    await service.database.query(sql, [user.id, 'earlier', 'Earlier'])
    const spelt = user.username.toUpperCase()
    expect(await renameCode(spelt, user)).toBeUndefined()
    const history = (await service.succeed(HISTORY, {}, user.token)).usernameHistory as { username: string }[]
    expect(history.map(({ username }) => username)).toEqual(['Earlier', spelt])
  })

  it('shows users their own, and administrators that of any user', async () => {
    const [user, other] = [await service.signUp(), await service.signUp()]
    const seen = await service.succeed(HISTORY, { userId: user.id }, admin.token)
    expect(seen.usernameHistory).toMatchObject([{ username: user.username }])
    expect(await service.succeed(HISTORY, { userId: user.id }, user.token)).toEqual(seen)
    expect((await service.graphql(HISTORY, { userId: user.id }, other.token)).code).toBe('FORBIDDEN')
    expect((await service.graphql(HISTORY)).code).toBe('UNAUTHENTICATED')
    for (const userId of ['unknown', '01900000-0000-7000-8000-000000000000'])
      expect((await service.graphql(HISTORY, { userId }, admin.token)).code).toBe('NOT_FOUND')
  })

  it('is deleted with the account', async () => {
    const user = await service.signUp()
    await rename(unique(), user)
    await service.succeed('mutation { deleteAccount(password: "correct horse") }', {}, user.token)
    expect(await service.database.query('SELECT 1 FROM username_history WHERE user_id = ?', [user.id])).toEqual([])
  })
})

it('the policy shows the configured limits', async () => {
  expect(
    (await service.succeed('{ policy { passwordMinLength usernameRenames usernameRenamePeriod usernameHold } }'))
      .policy,
  ).toEqual({ passwordMinLength: 8, usernameRenames: 3, usernameRenamePeriod: 2_592_000, usernameHold: 2_592_000 })
})
