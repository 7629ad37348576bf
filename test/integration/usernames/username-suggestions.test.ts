import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMysqlPool } from '../../../src/clients/mysql.js'
import { createWithConnection } from '../../../src/repositories/database/connections.js'
import { createRead } from '../../../src/repositories/database/reads.js'
import { createUsernameCache } from '../../../src/repositories/usernames/username-cache.js'
import { createUsernameRepository } from '../../../src/repositories/usernames/usernames.js'
import { createUsernameAvailability } from '../../../src/services/usernames/availability.js'
import { skeletonOf } from '../../../src/services/usernames/skeleton.js'
import { createUsernameSuggestions } from '../../../src/services/usernames/suggestions.js'
import { unique } from '../../support/client.js'
import { connectTestRedis } from '../../support/redis.js'
import { startService, type Service } from '../../support/service.js'

let service: Service
let redis: Redis

beforeAll(async () => {
  redis = await connectTestRedis()
  service = await startService()
})
afterAll(async () => {
  await service.stop()
  redis.disconnect()
})

const QUERY = `query ($username: String!, $first: Int) {
  checkUsernameAvailability(username: $username) { available reason suggestions(first: $first) }
}`
const ask = async (username: string, variables: { first?: number } = {}) =>
  (await service.succeed(QUERY, { username, ...variables })).checkUsernameAvailability as {
    available: boolean
    reason: string
    suggestions: string[]
  }
describe('suggestions', () => {
  it('are three names near the wish, in its spelling, that can be had', async () => {
    const { username } = await service.register({ username: `Ada${unique('')}` })
    const { reason, suggestions } = await ask(username)
    expect([reason, suggestions.length]).toEqual(['TAKEN', 3])
    for (const name of suggestions) {
      expect(name).toContain(username)
      await service.register({ username: name })
    }
  })

  it.each([
    ['of letters with marks', 'Zoë Müller', /^(?:[a-z]+-)?Zoe_Muller/],
    ['of an e-mail address', 'grace.hopper@example.com', /grace_hopper/],
    ['too short', 'ab', /ab/],
    ['too long', 'wonderfully-long-name-that-nobody-can-have', /wonderfully-long-name/],
    ['that people trust', 'admin', /^someone_?[0-9]*$/],
    ['reserved for other reasons', 'blog', /blog/],
    ['that looks like one that people trust', 'supp0rt', /^someone_?[0-9]*$/],
    ['of one letter', 'a', /^a_?[0-9]+$/],
    ['of nothing that a name can have', '🐎🐎🐎', /^someone_?[0-9]*$/],
    ['of nothing', '', /^someone_?[0-9]*$/],
    ['that is huge', 'x'.repeat(5000), /^(?:[a-z]+-)?x+/],
    ['of separators', '__', /^someone_?[0-9]*$/],
  ])('are there for a wish %s', async (_, wish, expected) => {
    const { available, suggestions } = await ask(wish)
    expect([available, suggestions.length]).toEqual([false, 3])
    for (const name of suggestions) {
      expect(name).toMatch(expected)
      expect(await service.isAvailable(name)).toBe(true)
    }
  })

  it('are never taken, held, reserved or confusable, however crowded the name is', async () => {
    const base = unique('crowd')
    await service.register({ username: base })
    // All that differ by a word or up to three digits: taken, or held for somebody.
    const near = [
      ...['the-', 'its-', 'hey-', 'im-'].map((before) => before + base),
      ...['-here', '-writes', '-now', '-too'].map((after) => base + after),
      ...Array.from({ length: 999 }, (_, i) => [`${base}${i + 1}`, `${base}_${i + 1}`]).flat(),
    ]
    const rows = near.map((name, i) => [name, name, i % 2 ? 'PROTECTED' : 'HELD', i % 2 ? null : new Date(2100, 0, 1)])
    const connection = await service.database.connect()
    await connection.query('INSERT INTO usernames (username_key, display, state, held_until) VALUES ?', [rows])
    await connection.end()
    const { suggestions } = await ask(base, { first: 10 })
    expect(suggestions.length).toBeGreaterThanOrEqual(5)
    expect(new Set(suggestions).size).toBe(suggestions.length)
    for (const name of suggestions) {
      expect(near).not.toContain(name)
      expect(skeletonOf(name)).not.toBe(skeletonOf(base))
    }
  })

  it('cost one look-up, all names together, and none for a name that is free', async () => {
    const { username } = await service.register()
    const lookedUp: (readonly string[])[] = []
    const pool = createMysqlPool(service.database.url, { poolSize: 2, timeout: 5 })
    const usernames = createUsernameRepository(createRead(createWithConnection(pool, { timeout: 5 })))
    const policy = {
      refusalOf: () => null,
      looksTrusted: () => false,
      refusalByNow: async () => null,
      ...{ bringUpToDate: async () => {}, refuse: async () => {} },
    }
    const availability = createUsernameAvailability({
      usernames: {
        ...usernames,
        findUnavailable(keys, now) {
          lookedUp.push(keys)
          return usernames.findUnavailable(keys, now)
        },
      },
      cache: createUsernameCache(redis, { ttl: 300 }),
      ...{ processCache: null, policy, clock: () => new Date(), onChecked: () => undefined },
    })
    const suggestions = createUsernameSuggestions({ availability, policy, random: Math.random })

    expect(await suggestions.near(await availability.check(username), 10)).toHaveLength(10)
    expect(lookedUp).toHaveLength(1)
    expect(lookedUp[0]!.length).toBeGreaterThan(10)
    lookedUp.length = 0
    expect(await suggestions.near(await availability.check(unique()), 10)).toEqual([])
    expect(lookedUp).toHaveLength(1)
    await pool.end()
  })

  it('are at most ten, and as many as are asked for', async () => {
    const { username } = await service.register()
    expect((await ask(username, { first: 10 })).suggestions).toHaveLength(10)
    expect((await ask(username, { first: 1 })).suggestions).toHaveLength(1)
    for (const first of [0, 11, -1]) {
      const { code, errors } = await service.graphql(QUERY, { username, first })
      expect([code, errors[0]?.extensions.fields]).toMatchObject(['INVALID_INPUT', [{ path: 'first' }]])
    }
  })

  it('are made once for an answer, under however many names they are asked for', async () => {
    const { username } = await service.register()
    const aliases = Array.from({ length: 50 }, (_, i) => `s${i}: suggestions(first: ${1 + (i % 10)})`).join(' ')
    const document = `query ($username: String!) { checkUsernameAvailability(username: $username) { ${aliases} } }`
    const { checkUsernameAvailability: answer } = await service.succeed(document, { username })
    const all = Object.values(answer as Record<string, string[]>)
    for (const names of all) expect(all[9]!.slice(0, names.length)).toEqual(names)
  })
})
