import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWithConnection } from '@postern/service/database/connections'
import { createRead } from '@postern/service/database/reads'
import { createMysqlPool } from '@postern/service/database/mysql'
import { createUsernameCache } from '../../../src/repositories/usernames/username-cache.js'
import { createUsernameRepository } from '../../../src/repositories/usernames/usernames.js'
import { createUsernameAvailability } from '../../../src/services/usernames/availability.js'
import { unique } from '../../support/client.js'
import { connectTestRedis, testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'

let service: Service
let second: Instance
let redis: Redis

beforeAll(async () => {
  redis = await connectTestRedis()
  service = await startService({ RESERVED_USERNAMES: 'Postmistress', USERNAME_HOLD: '0' })
  second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
})
afterAll(async () => {
  await second.stop()
  await service.stop()
  redis.disconnect()
})

const QUERY = `query ($username: String!) {
  checkUsernameAvailability(username: $username) { available username reason message }
}`
const check = async (username: string) => (await service.succeed(QUERY, { username })).checkUsernameAvailability

describe('checkUsernameAvailability', () => {
  it('reports an unused username as available, and repeats it', async () => {
    const username = unique()
    expect(await check(username)).toMatchObject({ available: true, username, reason: null })
  })

  it.each([
    ['', 'TOO_SHORT'],
    ['ab', 'TOO_SHORT'],
    ['🐎🐎', 'TOO_SHORT'],
    ['!', 'TOO_SHORT'],
    ['x'.repeat(31), 'TOO_LONG'],
    ['!'.repeat(31), 'TOO_LONG'],
    ['🐎'.repeat(31), 'TOO_LONG'],
    ['🐎'.repeat(30), 'INVALID_CHARACTERS'],
    [' ada', 'INVALID_CHARACTERS'],
    ['ada ', 'INVALID_CHARACTERS'],
    ['ad\u0000a', 'INVALID_CHARACTERS'],
    ['ada\n', 'INVALID_CHARACTERS'],
    ['adа', 'INVALID_CHARACTERS'],
    ['\ud800abc', 'INVALID_CHARACTERS'],
    ['Kelvin\u212a', 'INVALID_CHARACTERS'],
    ['admin', 'RESERVED'],
    ['ADMIN', 'RESERVED'],
    ['postmistress', 'RESERVED'],
  ])('reports %j as %s', async (username, reason) => {
    expect(await check(username)).toMatchObject({ available: false, reason })
  })

  it.each(['abc', 'a'.repeat(30), '_-_', '0-0', 'A_b-9'])('accepts %s', async (username) => {
    expect(await check(username)).toMatchObject({ available: true })
  })

  it('repeats at most 64 code points', async () => {
    expect((await check('🐎'.repeat(1000))).username).toBe('🐎'.repeat(64))
  })

  it('reports every spelling of a registered username as TAKEN, at once and on every instance', async () => {
    const { username } = await service.register()
    expect(await check(username.toUpperCase())).toMatchObject({ available: false, reason: 'TAKEN' })
    expect(await second.isAvailable(username)).toBe(false)
  })

  it('answers visitors, users and invalid tokens alike', async () => {
    const { username, token } = await service.signUp()
    for (const bearer of [undefined, token, 'nonsense'])
      expect((await service.graphql(QUERY, { username }, bearer)).data?.['checkUsernameAvailability'].reason).toBe(
        'TAKEN',
      )
  })

  it('caches only unavailable usernames in Redis, for the configured time', async () => {
    const { username } = await service.register()
    const free = unique()
    await check(username)
    await check(free)
    expect(await redis.exists(`username_exists:${free}`)).toBe(0)
    const ttl = await redis.ttl(`username_exists:${username}`)
    expect(ttl).toBeGreaterThan(290)
    expect(ttl).toBeLessThanOrEqual(300)
  })

  it('reads MySQL if a key is lost, and writes the key again', async () => {
    const { username } = await service.register()
    await redis.del(`username_exists:${username}`)
    expect(await check(username)).toMatchObject({ reason: 'TAKEN' })
    expect(await redis.exists(`username_exists:${username}`)).toBe(1)
  })

  it('answers from MySQL if the key has another type', async () => {
    const username = unique()
    await redis.hset(`username_exists:${username}`, 'not', 'a string')
    expect(await check(username)).toMatchObject({ available: true })
  })

  it('reports no username as available after the response to its claim, on any instance', async () => {
    const wrong: string[] = []
    for (let i = 0; i < 40; i++) {
      const username = unique('claim')
      // Checks that race the claim, so that batches are under way when it responds.
      const racing = Array.from({ length: 5 }, () => second.isAvailable(username))
      await service.register({ username })
      if (await second.isAvailable(username)) wrong.push(username)
      if (await service.isAvailable(username)) wrong.push(username)
      await Promise.all(racing)
    }
    expect(wrong).toEqual([])
  })
})

it('sends Redis one GET for one username, and one MGET for several', async () => {
  const client = redis.duplicate()
  await client.ping()
  const sent: string[] = []
  const send = client.sendCommand.bind(client)
  client.sendCommand = (command, ...rest) => {
    sent.push(command.name)
    return send(command, ...rest)
  }
  const cache = createUsernameCache(client, { ttl: 300 })
  const [known, unknown] = [unique(), unique()]
  await redis.set(`username_exists:${known}`, '1')
  sent.length = 0
  expect(await cache.findUnavailable([known])).toEqual(new Map([[known, 'TAKEN']]))
  expect(await cache.findUnavailable([unknown])).toEqual(new Map())
  expect(await cache.findUnavailable([unknown, known])).toEqual(new Map([[known, 'TAKEN']]))
  expect(sent.filter((name) => name.endsWith('get'))).toEqual(['get', 'get', 'mget'])
  client.disconnect()
})

describe('the process cache', () => {
  const answeredFromProcessCache = async ({ url }: Instance) => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(/^postern_username_checks_total\{tier="memory",available="false"\} (\d+)$/m.exec(text)?.[1])
  }

  it('answers for a username found taken a moment ago, never for an available one', async () => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const holding = await startInstance({ ...shared, USERNAME_HOLD: '3600' })
    const { username } = await service.register()
    const free = unique()
    for (let i = 0; i < 3; i++) {
      expect(await holding.isAvailable(username)).toBe(false)
      expect(await holding.isAvailable(free)).toBe(true)
    }
    expect(await answeredFromProcessCache(holding)).toBe(2)
    await service.register({ username: free })
    expect(await holding.isAvailable(free)).toBe(false)
    await holding.stop()
  })

  it('is not used without a hold', async () => {
    const { username } = await service.register()
    for (let i = 0; i < 3; i++) expect(await service.isAvailable(username)).toBe(false)
    expect(await answeredFromProcessCache(service)).toBe(0)
  })
})

describe('a batch of checks', () => {
  function harness() {
    const pool = createMysqlPool(service.database.server, { poolSize: 2, timeout: 5 })
    const usernames = createUsernameRepository(createRead(createWithConnection(pool, { timeout: 5 })))
    const batches: string[][] = []
    let gate = Promise.resolve()
    const availability = createUsernameAvailability({
      usernames: {
        ...usernames,
        async findUnavailable(canonicals, now) {
          batches.push([...canonicals])
          const wait = gate
          const found = await usernames.findUnavailable(canonicals, now)
          await wait
          return found
        },
      },
      cache: createUsernameCache(redis, { ttl: 300 }),
      processCache: null,
      policy: {
        refusalOf: () => null,
        looksTrusted: () => false,
        freshRefusalOf: async () => null,
        ...{ bringUpToDate: async () => {}, refuse: async () => {} },
      },
      clock: () => new Date(),
      onChecked: () => undefined,
    })
    const hold = () => {
      let release = () => {}
      gate = new Promise((resolve) => (release = resolve))
      return () => {
        gate = Promise.resolve()
        release()
      }
    }
    return { availability, batches, hold, close: () => pool.end() }
  }

  it('is one statement for all checks of one turn', async () => {
    const { availability, batches, close } = harness()
    const usernames = Array.from({ length: 100 }, () => unique())
    await Promise.all([...usernames, ...usernames].map(async (username) => availability.check(username)))
    expect(batches).toHaveLength(1)
    expect(batches[0]).toHaveLength(100)
    await close()
  })

  it('is not joined once its statement was sent: a check that starts after the commit sees the claim', async () => {
    const { availability, batches, hold, close } = harness()
    const username = unique()
    const release = hold()
    const early = availability.check(username)
    while (batches.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await service.register({ username })
    await redis.del(`username_exists:${username}`)
    const late = availability.check(username)
    while (batches.length === 1) await new Promise((resolve) => setImmediate(resolve))
    release()
    expect((await late).reason).toBe('TAKEN')
    await early
    await close()
  })
})
