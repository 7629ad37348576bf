import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REGISTER, unique, type SignedIn } from '../../support/client.js'
import { connectTestRedis, testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let second: Instance
let redis: Redis
let admin: SignedIn

beforeAll(async () => {
  redis = await connectTestRedis()
  service = await startService()
  second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  await second.stop()
  await service.stop()
  redis.disconnect()
})

const CHECK = `query ($username: String!) {
  checkUsernameAvailability(username: $username) { available username reason message }
}`
const check = async (username: string, where: Instance = service) =>
  (await where.succeed(CHECK, { username })).checkUsernameAvailability
const registration = async (username: string, where: Instance = service) => {
  const input = { email: `${unique()}@example.com`, password: 'correct horse', username }
  return where.graphql(REGISTER, { input })
}
const UPDATE = 'mutation ($username: String) { updateProfile(input: { username: $username }) { username } }'
const PROTECT = 'mutation ($username: String!) { protectUsername(username: $username) }'
const UNPROTECT = 'mutation ($username: String!) { unprotectUsername(username: $username) }'
const LIST = 'query ($first: Int, $after: String) { protectedUsernames(first: $first, after: $after) }'
const protect = (username: string) => service.succeed(PROTECT, { username }, admin.token)

describe('a username that looks like a reserved one', () => {
  it.each(['adm1n', 'R00T', 'supp0rt', 'rnoderator', 'admin_'])(
    'is refused by checks and claims: %s',
    async (username) => {
      expect(await check(username)).toEqual({
        available: false,
        username,
        reason: 'CONFUSABLE',
        message: 'This username looks like a reserved one.',
      })
      expect((await registration(username)).code).toBe('USERNAME_RESERVED')
      expect((await service.graphql(UPDATE, { username }, admin.token)).code).toBe('USERNAME_RESERVED')
    },
  )

  it.each(['adminton', 'rooter'])('is allowed if it only begins like one: %s', async (username) => {
    expect(await check(username)).toMatchObject({ available: true, reason: null })
    expect((await registration(username)).code).toBeUndefined()
  })
})

describe('protectUsername', () => {
  it('blocks the username and its lookalikes, on every instance within 5 seconds', async () => {
    const username = unique('brand-')
    expect(await check(username, second)).toMatchObject({ available: true })
    expect(await protect(username.toUpperCase())).toEqual({ protectUsername: true })

    // The row decides on every instance at once. Lookalikes are refused here at once, and elsewhere within seconds.
    expect((await registration(username, second)).code).toMatch(/^USERNAME_(RESERVED|TAKEN)$/)
    expect(await check(username)).toMatchObject({ reason: 'RESERVED' })
    const lookalike = username.replace('brand-', 'br4nd')
    expect(await check(lookalike)).toMatchObject({ reason: 'CONFUSABLE' })
    expect((await registration(lookalike)).code).toBe('USERNAME_RESERVED')
    const conforms = async () => (await check(lookalike, second)).reason === 'CONFUSABLE'
    await until('the other instance refuses it', conforms, { seconds: 5 })
    expect((await registration(lookalike, second)).code).toBe('USERNAME_RESERVED')
    expect(await check(username, second)).toMatchObject({ reason: 'RESERVED' })
  })

  it('is undone by unprotectUsername within 5 seconds, even after checks on every instance', async () => {
    const username = unique('brand-')
    await protect(username)
    for (const where of [service, second]) for (let i = 0; i < 3; i++) await check(username, where)
    expect(await service.succeed(UNPROTECT, { username }, admin.token)).toEqual({ unprotectUsername: true })
    expect(await check(username)).toMatchObject({ available: true })
    await until('the other instance allows it', async () => (await check(username, second)).available, { seconds: 5 })
    expect((await registration(username, second)).code).toBeUndefined()
    expect(await service.succeed(UNPROTECT, { username }, admin.token)).toEqual({ unprotectUsername: false })
  })

  it('lets owners keep the username, or one that looks like it', async () => {
    const [owner, lookalike] = [await service.signUp({ username: unique('own-') }), await service.signUp()]
    await protect(owner.username)
    await protect(`${lookalike.username}_`)
    for (const { username, token } of [owner, lookalike]) {
      const spelt = username.toUpperCase()
      expect(await service.succeed(UPDATE, { username: spelt }, token)).toEqual({ updateProfile: { username: spelt } })
      // Once released, it is held for its last owner, and still blocked for others.
      await service.succeed(UPDATE, { username: null }, token)
      expect((await registration(username)).code).toMatch(/^USERNAME_(RESERVED|TAKEN)$/)
      expect(await service.succeed(UPDATE, { username }, token)).toEqual({ updateProfile: { username } })
    }
  })

  it('blocks a protected username after its owner released it and the hold ended', async () => {
    const { username, token, id } = await service.signUp()
    await protect(username)
    await service.succeed(UPDATE, { username: null }, token)
    await service.database.query('UPDATE usernames SET held_until = NOW() - INTERVAL 1 DAY WHERE user_id = ?', [id])
    expect((await registration(username)).code).toBe('USERNAME_RESERVED')
    expect((await service.graphql(UPDATE, { username }, token)).code).toBe('USERNAME_RESERVED')
    await service.succeed(UNPROTECT, { username }, admin.token)
    expect((await registration(username)).code).toBeUndefined()
  })

  it('is reported before held and taken', async () => {
    const [owned, held] = [
      await service.signUp({ username: unique('one-') }),
      await service.signUp({ username: unique('two-') }),
    ]
    await service.succeed(UPDATE, { username: null }, held.token)
    const reasons = async () => [await check(owned.username), await check(held.username)].map(({ reason }) => reason)
    expect(await reasons()).toEqual(['TAKEN', 'HELD'])
    for (const { username } of [owned, held]) await protect(`${username}_`)
    expect(await reasons()).toEqual(['CONFUSABLE', 'CONFUSABLE'])
    for (const { username } of [owned, held]) await protect(username)
    expect(await reasons()).toEqual(['RESERVED', 'RESERVED'])
  })

  it('and a concurrent claim of the same username run one after the other', async () => {
    for (let i = 0; i < 10; i++) {
      const username = unique()
      const [{ code }] = await Promise.all([registration(username, second), protect(username)])
      const [row] = await service.database.query<{ state: string; user_id: string | null; protected_at: Date }>(
        'SELECT state, user_id, protected_at FROM usernames WHERE username_key = ?',
        [username],
      )
      expect(row?.protected_at).toBeInstanceOf(Date)
      if (code === undefined) expect(row).toMatchObject({ state: 'OWNED' })
      else expect(row).toMatchObject({ state: 'RELEASED', user_id: null })
    }
  })

  it('lists the protected usernames in order, page by page', async () => {
    const usernames = [unique('list-'), unique('list-'), unique('list-')].toSorted()
    for (const username of usernames) await protect(username)
    const page = async (variables: object) =>
      (await service.succeed(LIST, variables, admin.token)).protectedUsernames as string[]
    const all = await page({})
    expect(all).toEqual(all.toSorted())
    expect(all.filter((username) => username.startsWith('list-'))).toEqual(usernames)
    expect(await page({ first: 1, after: usernames[0] })).toEqual([usernames[1]])
  })

  it('is for administrators only, and for well-formed usernames', async () => {
    const { token } = await service.signUp()
    for (const [document, variables] of [
      [PROTECT, { username: 'brandy' }],
      [UNPROTECT, { username: 'brandy' }],
      [LIST, {}],
    ] as const) {
      expect((await service.graphql(document, variables, token)).code).toBe('FORBIDDEN')
      expect((await service.graphql(document, variables)).code).toBe('UNAUTHENTICATED')
    }
    for (const document of [PROTECT, UNPROTECT]) {
      const { code, errors } = await service.graphql(document, { username: 'a b' }, admin.token)
      expect([code, errors[0]?.extensions.fields]).toMatchObject(['INVALID_INPUT', [{ path: 'username' }]])
    }
    expect((await service.graphql(LIST, { first: 1001 }, admin.token)).code).toBe('INVALID_INPUT')
  })
})

describe('an instance whose copy of the protected usernames is not refreshed', () => {
  it('grants no username from a copy older than 5 seconds', async () => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const alone = await startInstance(shared, { alone: true })
    const username = unique('late-')
    await protect(username)
    const lookalike = username.replace('late-', '1ate-')
    const refusal = async () => (await check(lookalike, alone)).reason === 'CONFUSABLE'
    await until('it has read the protected usernames again', refusal, { seconds: 5 })
    expect((await registration(lookalike, alone)).code).toBe('USERNAME_RESERVED')
    await alone.stop()
  })

  it('refuses a lookalike that was protected while its registration waited for the hash', async () => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const alone = await startInstance(shared, { alone: true })
    const { availability, protectedUsernames } = alone.app.services.usernames
    const looked = Promise.withResolvers<null>()
    availability.findClaimProblem = () => looked.promise
    const username = unique('slow-')
    const registered = registration(username.replace('slow-', '5low-'), alone)
    await protect(username)
    await until('its copy is old', () => !protectedUsernames.isCurrent())
    looked.resolve(null)
    expect((await registered).code).toBe('USERNAME_RESERVED')
    await alone.stop()
  })
})
