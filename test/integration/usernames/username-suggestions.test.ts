import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMysqlPool } from '@postern/service/database/mysql'
import { createWithConnection } from '@postern/service/database/connections'
import { createRead } from '@postern/service/database/reads'
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
  it('are three available usernames similar to the requested one, in its spelling', async () => {
    const { username } = await service.register({ username: `Ada${unique('')}` })
    const { reason, suggestions } = await ask(username)
    expect([reason, suggestions.length]).toEqual(['TAKEN', 3])
    for (const suggestion of suggestions) {
      expect(suggestion).toContain(username)
      await service.register({ username: suggestion })
    }
  })

  it.each([
    ['with accents', 'Zoë Müller', /^(?:[a-z]+-)?Zoe_Muller/],
    ['that is an email address', 'grace.hopper@example.com', /grace_hopper/],
    ['that is too short', 'ab', /ab/],
    ['that is too long', 'wonderfully-long-name-beyond-the-limit', /wonderfully-long-name/],
    ['that is trusted', 'admin', /^someone_?[0-9]*$/],
    ['that is reserved but not trusted', 'blog', /blog/],
    ['that looks like a trusted one', 'supp0rt', /^someone_?[0-9]*$/],
    ['of one letter', 'a', /^a_?[0-9]+$/],
    ['without a usable character', '🐎🐎🐎', /^someone_?[0-9]*$/],
    ['that is empty', '', /^someone_?[0-9]*$/],
    ['that is huge', 'x'.repeat(5000), /^(?:[a-z]+-)?x+/],
    ['of separators', '__', /^someone_?[0-9]*$/],
  ])('are made for a requested username %s', async (_, requested, expected) => {
    const { available, suggestions } = await ask(requested)
    expect([available, suggestions.length]).toEqual([false, 3])
    for (const suggestion of suggestions) {
      expect(suggestion).toMatch(expected)
      expect(await service.isAvailable(suggestion)).toBe(true)
    }
  })

  it('are never taken, held, reserved or confusable, even if most variations are', async () => {
    const base = unique('crowd')
    await service.register({ username: base })
    // All usernames that differ by a word or up to three digits are taken or held.
    const similar = [
      ...['the-', 'its-', 'hey-', 'im-'].map((before) => before + base),
      ...['-here', '-writes', '-now', '-too'].map((after) => base + after),
      ...Array.from({ length: 999 }, (_, i) => [`${base}${i + 1}`, `${base}_${i + 1}`]).flat(),
    ]
    const rows = similar.map((name, i) => [
      name,
      name,
      i % 2 ? 'RETIRED' : 'RELEASED',
      i % 2 ? null : new Date(2100, 0, 1),
    ])
    const connection = await service.database.connect()
    await connection.query('INSERT INTO usernames (username_key, display, state, held_until) VALUES ?', [rows])
    await connection.end()
    const { suggestions } = await ask(base, { first: 10 })
    expect(suggestions.length).toBeGreaterThanOrEqual(5)
    expect(new Set(suggestions).size).toBe(suggestions.length)
    for (const suggestion of suggestions) {
      expect(similar).not.toContain(suggestion)
      expect(skeletonOf(suggestion)).not.toBe(skeletonOf(base))
    }
  })

  it('cost one lookup for all of them, and none for an available username', async () => {
    const { username } = await service.register()
    const lookedUp: (readonly string[])[] = []
    const pool = createMysqlPool(service.database.server, { poolSize: 2, timeout: 5 })
    const usernames = createUsernameRepository(createRead(createWithConnection(pool, { timeout: 5 })))
    const policy = {
      refusalOf: () => null,
      looksTrusted: () => false,
      freshRefusalOf: async () => null,
      ...{ bringUpToDate: async () => {}, refuse: async () => {} },
    }
    const availability = createUsernameAvailability({
      usernames: {
        ...usernames,
        findUnavailable(canonicals, now) {
          lookedUp.push(canonicals)
          return usernames.findUnavailable(canonicals, now)
        },
      },
      cache: createUsernameCache(redis, { ttl: 300 }),
      ...{ processCache: null, policy, clock: () => new Date(), onChecked: () => undefined },
    })
    const suggestions = createUsernameSuggestions({ availability, policy, random: Math.random })

    expect(await suggestions.similarTo(await availability.check(username), 10)).toHaveLength(10)
    expect(lookedUp).toHaveLength(1)
    expect(lookedUp[0]!.length).toBeGreaterThan(10)
    lookedUp.length = 0
    expect(await suggestions.similarTo(await availability.check(unique()), 10)).toEqual([])
    expect(lookedUp).toHaveLength(1)
    await pool.end()
  })

  it('are as many as requested, at most ten', async () => {
    const { username } = await service.register()
    expect((await ask(username, { first: 10 })).suggestions).toHaveLength(10)
    expect((await ask(username, { first: 1 })).suggestions).toHaveLength(1)
    for (const first of [0, 11, -1]) {
      const { code, errors } = await service.graphql(QUERY, { username, first })
      expect([code, errors[0]?.extensions.fields]).toMatchObject(['INVALID_INPUT', [{ path: 'first' }]])
    }
  })

  it('are made once per answer, however many aliases select them', async () => {
    const { username } = await service.register()
    const aliases = Array.from({ length: 40 }, (_, i) => `s${i}: suggestions(first: ${1 + (i % 10)})`).join(' ')
    const document = `query ($username: String!) { checkUsernameAvailability(username: $username) { ${aliases} } }`
    const { checkUsernameAvailability: answer } = await service.succeed(document, { username })
    const all = Object.values(answer as Record<string, string[]>)
    for (const some of all) expect(all[9]!.slice(0, some.length)).toEqual(some)
  })
})
