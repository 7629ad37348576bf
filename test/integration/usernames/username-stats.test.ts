import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique, type SignedIn } from '../../support/client.js'
import { connectTestRedis } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { until } from '../../support/wait.js'

let service: Service
let second: Instance
let server: PrivateServer
let redis: Redis
let admin: SignedIn

beforeAll(async () => {
  server = await privateRedis()
  redis = await connectTestRedis(server.url)
  service = await startService({ REDIS_URL: server.url })
  second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: server.url })
  admin = await service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  await second.stop()
  await service.stop()
  redis.disconnect()
  await server.remove()
})

const QUERY = `query ($first: Int) {
  usernameStats { since checks tiers { tier share } owned held mostRefused(first: $first) { username times } }
}`
const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'
const check = (username: string, where: Instance = service) => where.succeed(CHECK, { username })
interface Stats {
  since: string
  checks: number
  tiers: { tier: string; share: number }[]
  owned: number
  held: number
  mostRefused: { username: string; times: number }[]
}
/** Redis has 50 ms to answer, which can be too short on a busy machine. */
const stats = (variables: { first?: number } = {}): Promise<Stats> =>
  until('the statistics', async () => {
    const { data, code } = await service.graphql(QUERY, variables, admin.token)
    if (code !== 'SERVICE_UNAVAILABLE') expect(code).toBeUndefined()
    return data?.['usernameStats'] as Stats | undefined
  })

it('usernameStats counts checks by the tier that answered, and refused usernames', async () => {
  const begin = await stats()
  const { username } = await service.register()
  await check(unique())
  for (let i = 0; i < 4; i++) await check(username.toUpperCase())
  for (let i = 0; i < 2; i++) await check('adm1n')
  await check('my secret phrase')
  // The lower case of the Kelvin sign is a plain k.
  await check('\u212Aelvin-secret')

  const { since, checks, tiers, mostRefused } = await stats()
  expect(checks - begin.checks).toBe(9)
  expect(Math.abs(Date.now() - Date.parse(since))).toBeLessThan(60_000)
  const share = (name: string) => tiers.find(({ tier }) => tier === name)!.share
  // One was available, four were in Redis or the process cache, and four broke a rule.
  expect(share('MYSQL') * checks).toBeCloseTo(1)
  expect((share('REDIS') + share('MEMORY')) * checks).toBeCloseTo(4)
  expect(share('RULES') * checks).toBeCloseTo(4)
  expect(mostRefused.slice(0, 2)).toEqual([
    { username, times: 4 },
    { username: 'adm1n', times: 2 },
  ])
  // A malformed username may be a password in the wrong field.
  expect(JSON.stringify(mostRefused)).not.toContain('secret')
  expect((await stats({ first: 1 })).mostRefused).toHaveLength(1)
  expect((await service.graphql(QUERY, { first: 101 }, admin.token)).code).toBe('INVALID_INPUT')
})

it('usernameStats counts owned and held usernames', async () => {
  const before = await stats()
  const { token } = await service.signUp()
  await service.succeed('mutation { updateProfile(input: { username: null }) { id } }', {}, token)
  await service.register()
  const after = await stats()
  expect([after.owned - before.owned, after.held - before.held]).toEqual([1, 1])
})

it('usernameStats adds up all processes', async () => {
  const before = (await stats()).checks
  const username = unique()
  for (let i = 0; i < 5; i++) await check(username, second)
  await second.app.services.usernames.statistics.deliver()
  expect((await stats()).checks - before).toBe(5)
})

it('usernameStats is for administrators only', async () => {
  const { token } = await service.signUp()
  expect((await service.graphql(QUERY, {}, token)).code).toBe('FORBIDDEN')
  expect((await service.graphql(QUERY)).code).toBe('UNAUTHENTICATED')
})

it('a delivery that Redis counted but confirmed too late is not counted again', async () => {
  const before = await stats()
  const { username } = await service.register()
  server.freeze()
  for (let i = 0; i < 3; i++) await check(username)
  const { deliver } = service.app.services.usernames.statistics
  for (let i = 0; i < 3; i++) await expect(deliver()).rejects.toThrow()
  server.thaw()
  await expect
    .poll(() =>
      deliver()
        .then(() => true)
        .catch(() => false),
    )
    .toBe(true)
  const after = await stats()
  expect(after.checks - before.checks).toBe(3)
  expect(after.mostRefused).toContainEqual({ username, times: 3 })
})

it('concurrent queries count the usernames once', async () => {
  const connection = await service.database.connect()
  await connection.query('LOCK TABLES usernames WRITE')
  const answers = Promise.all([1, 2, 3].map(() => service.app.services.usernames.statistics.read()))
  const waiting = `SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SUM(%'`
  await until('the statement waits for the lock', async () => (await service.database.query(waiting)).length > 0)
  expect(await service.database.query(waiting)).toHaveLength(1)
  await connection.end()
  const [first, ...others] = await answers
  for (const other of others) expect(other.owned).toBe(first!.owned)
})

it('checks during an outage of Redis are counted later, and a query during it names the cause', async () => {
  const before = (await stats()).checks
  await server.stop()
  for (let i = 0; i < 3; i++) await check(unique())
  const { code, errors } = await service.graphql(QUERY, {}, admin.token)
  expect(code).toBe('SERVICE_UNAVAILABLE')
  expect(errors[0]?.message).toContain('Redis')
  await server.restart()
  await redis.ping()
  // The restarted Redis has lost its data.
  await until('they are counted', async () => (await stats()).checks >= 3)
  expect(before).toBeGreaterThan(0)
})
