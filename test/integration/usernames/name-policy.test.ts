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

describe('a name that looks like a reserved one', () => {
  it.each(['adm1n', 'R00T', 'supp0rt', 'rnoderator', 'admin_'])('is refused to checks and claims: %s', async (name) => {
    expect(await check(name)).toEqual({
      available: false,
      username: name,
      reason: 'CONFUSABLE',
      message: 'This username looks like one that is reserved.',
    })
    expect((await registration(name)).code).toBe('USERNAME_RESERVED')
    expect((await service.graphql(UPDATE, { username: name }, admin.token)).code).toBe('USERNAME_RESERVED')
  })

  it.each(['adminton', 'rooter'])('is not refused where it only begins like one: %s', async (name) => {
    expect(await check(name)).toMatchObject({ available: true, reason: null })
    expect((await registration(name)).code).toBeUndefined()
  })
})

describe('protectUsername', () => {
  it('keeps the name and its lookalikes from everybody, on every instance within 5 seconds', async () => {
    const name = unique('brand-')
    expect(await check(name, second)).toMatchObject({ available: true })
    expect(await protect(name.toUpperCase())).toEqual({ protectUsername: true })

    // The row decides at once, everywhere; what it looks like is known here at once, and elsewhere soon.
    expect((await registration(name, second)).code).toMatch(/^USERNAME_(RESERVED|TAKEN)$/)
    expect(await check(name)).toMatchObject({ reason: 'RESERVED' })
    const lookalike = name.replace('brand-', 'br4nd')
    expect(await check(lookalike)).toMatchObject({ reason: 'CONFUSABLE' })
    expect((await registration(lookalike)).code).toBe('USERNAME_RESERVED')
    const conforms = async () => (await check(lookalike, second)).reason === 'CONFUSABLE'
    await until('the other instance knows', conforms, { seconds: 5 })
    expect((await registration(lookalike, second)).code).toBe('USERNAME_RESERVED')
    expect(await check(name, second)).toMatchObject({ reason: 'RESERVED' })
  })

  it('is undone by unprotectUsername within 5 seconds, whoever had asked meanwhile', async () => {
    const name = unique('brand-')
    await protect(name)
    for (const where of [service, second]) for (let i = 0; i < 3; i++) await check(name, where)
    expect(await service.succeed(UNPROTECT, { username: name }, admin.token)).toEqual({ unprotectUsername: true })
    expect(await check(name)).toMatchObject({ available: true })
    await until('the other instance knows', async () => (await check(name, second)).available, { seconds: 5 })
    expect((await registration(name, second)).code).toBeUndefined()
    expect(await service.succeed(UNPROTECT, { username: name }, admin.token)).toEqual({ unprotectUsername: false })
  })

  it('takes nothing from who has the name, or one that looks like it', async () => {
    const [owner, lookalike] = [await service.signUp({ username: unique('own-') }), await service.signUp()]
    await protect(owner.username)
    await protect(`${lookalike.username}_`)
    for (const { username, token } of [owner, lookalike]) {
      const spelt = username.toUpperCase()
      expect(await service.succeed(UPDATE, { username: spelt }, token)).toEqual({ updateProfile: { username: spelt } })
      // Given up, it is held for them, and still nobody else's.
      await service.succeed(UPDATE, { username: null }, token)
      expect((await registration(username)).code).toMatch(/^USERNAME_(RESERVED|TAKEN)$/)
      expect(await service.succeed(UPDATE, { username }, token)).toEqual({ updateProfile: { username } })
    }
  })

  it('keeps a protected name when its owner has given it up and the hold is over', async () => {
    const { username, token, id } = await service.signUp()
    await protect(username)
    await service.succeed(UPDATE, { username: null }, token)
    await service.database.query('UPDATE usernames SET held_until = NOW() - INTERVAL 1 DAY WHERE user_id = ?', [id])
    expect((await registration(username)).code).toBe('USERNAME_RESERVED')
    expect((await service.graphql(UPDATE, { username }, token)).code).toBe('USERNAME_RESERVED')
    await service.succeed(UNPROTECT, { username }, admin.token)
    expect((await registration(username)).code).toBeUndefined()
  })

  it('is the reason that is given before held and taken', async () => {
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

  it('and a claim of the same name at the same instant are one after the other', async () => {
    for (let i = 0; i < 10; i++) {
      const username = unique()
      const [{ code }] = await Promise.all([registration(username, second), protect(username)])
      const [row] = await service.database.query<{ state: string; user_id: string | null; protected_at: Date }>(
        'SELECT state, user_id, protected_at FROM usernames WHERE username_key = ?',
        [username],
      )
      expect(row?.protected_at).toBeInstanceOf(Date)
      if (code === undefined) expect(row).toMatchObject({ state: 'OWNED' })
      else expect(row).toMatchObject({ state: 'HELD', user_id: null })
    }
  })

  it('lists what is protected in order, page by page', async () => {
    const names = [unique('list-'), unique('list-'), unique('list-')].toSorted()
    for (const name of names) await protect(name)
    const page = async (variables: object) =>
      (await service.succeed(LIST, variables, admin.token)).protectedUsernames as string[]
    const all = await page({})
    expect(all).toEqual(all.toSorted())
    expect(all.filter((name) => name.startsWith('list-'))).toEqual(names)
    expect(await page({ first: 1, after: names[0] })).toEqual([names[1]])
  })

  it('is for ADMIN alone, and for names that could be names', async () => {
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

describe('an instance whose copy of the protected names is not renewed', () => {
  it('gives no name away by a copy that is older than 5 seconds', async () => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const alone = await startInstance(shared, { alone: true })
    const name = unique('late-')
    await protect(name)
    const lookalike = name.replace('late-', '1ate-')
    const refusal = async () => (await check(lookalike, alone)).reason === 'CONFUSABLE'
    await until('it has read the names again', refusal, { seconds: 5 })
    expect((await registration(lookalike, alone)).code).toBe('USERNAME_RESERVED')
    await alone.stop()
  })

  it('gives none away that was fine when a registration began, and waited too long for its hash', async () => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const alone = await startInstance(shared, { alone: true })
    const { availability, protectedNames } = alone.app.services.usernames
    const looked = Promise.withResolvers<null>()
    availability.findUnavailability = () => looked.promise
    const name = unique('slow-')
    const registered = registration(name.replace('slow-', '5low-'), alone)
    await protect(name)
    await until('its copy is old', () => !protectedNames.isCurrent())
    looked.resolve(null)
    expect((await registered).code).toBe('USERNAME_RESERVED')
    await alone.stop()
  })
})
