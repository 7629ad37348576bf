import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProver } from '../../../test/support/dpop.js'
import { connectTestRedis } from '../../../test/support/redis.js'
import { type DpopOptions, memoryReplays, redisReplays, type SessionError } from '../src/dpop.js'
import { create, HTU, messageOf, outcome, proofsOf, SECRET, TOKEN } from './support/dpop-checks.js'

const seconds = () => Math.floor(Date.now() / 1000)

let good: ReturnType<typeof proofsOf>
let redis: Redis
beforeAll(async () => {
  good = proofsOf(await createProver())
  redis = await connectTestRedis()
})
afterAll(() => redis.disconnect())

describe('a replay', () => {
  const stores = { memory: () => memoryReplays(), Redis: () => redisReplays(redis) }

  it.each(Object.entries(stores))('is refused, also at the same moment, with the store in %s', async (_, store) => {
    const dpop = create({ replays: store() })
    const proof = await good()
    const both = await Promise.all([messageOf(dpop, proof), messageOf(dpop, proof)])
    expect(both.toSorted()).toEqual(['accepted', 'invalid_proof The DPoP proof is not valid: it was used before'])
    expect(await messageOf(dpop, proof)).toContain('used before')
    // The jti of another key is another one.
    const other = await createProver()
    expect(await messageOf(dpop, await other.proof({ htm: 'GET', htu: HTU, token: TOKEN, jti: 'same' }))).toBe(
      'accepted',
    )
    expect(await messageOf(dpop, await good({ jti: 'same' }))).toBe('accepted')
  })

  it('in Redis is forgotten when no one accepts the proof any more', async () => {
    await redis.flushdb()
    expect(await messageOf(create({ replays: redisReplays(redis) }), await good())).toBe('accepted')
    const [key = '', ...others] = await redis.keys('*')
    expect(others).toEqual([])
    expect(key).toMatch(/^dpop:[\w-]{43}$/)
    expect(await redis.ttl(key)).toBeGreaterThan(170)
    expect(await redis.ttl(key)).toBeLessThanOrEqual(180)
  })

  it('in memory is bounded: more proofs are refused with 503 until the first are forgotten', () => {
    let now = 0
    const store = memoryReplays({ max: 2, now: () => now })
    expect([store.remember('a', 10), store.remember('b', 10), store.remember('b', 10)]).toEqual([true, true, false])
    expect(() => store.remember('c', 10)).toThrow('more DPoP proofs')
    now = 10_000
    expect([store.remember('c', 10), store.remember('a', 10)]).toEqual([true, true])
  })

  it.each<[string, DpopOptions['replays']['remember']]>([
    ['rejects', () => Promise.reject(new Error('no Redis'))],
    [
      'throws',
      () => {
        throw new Error('full')
      },
    ],
    ['forgets to answer', (() => undefined) as never],
  ])('can not be excluded by a store that %s: the request is refused with 503', async (_, remember) => {
    expect(await outcome(create({ replays: { remember } }), await good())).toMatchObject({
      code: 'replays_unavailable',
      status: 503,
    })
  })
})

describe('a nonce', () => {
  const nonce = { secret: SECRET }

  it('is issued to a client whose clock is wrong, and then its clock does not matter', async () => {
    const dpop = create({ nonce })
    const iat = seconds() - 86_400
    const refused = (await outcome(dpop, await good({ iat }))) as SessionError
    expect(refused).toMatchObject({ code: 'use_nonce', status: 401 })
    expect(refused.headers).toMatchObject({
      'www-authenticate': expect.stringContaining('error="use_dpop_nonce"') as string,
      'dpop-nonce': refused.nonce,
    })
    expect(refused.extensions).toMatchObject({ code: 'USE_DPOP_NONCE', nonce: refused.nonce })
    expect(await messageOf(dpop, await good({ iat, nonce: refused.nonce }))).toBe('accepted')
    // Every process that shares the secret accepts it.
    expect(await messageOf(create({ nonce }), await good({ iat, nonce: refused.nonce }))).toBe('accepted')
  })

  it('is required if the service says so', async () => {
    const dpop = create({ nonce: { ...nonce, required: true } })
    const refused = (await outcome(dpop, await good())) as SessionError
    expect(refused.code).toBe('use_nonce')
    expect(await messageOf(dpop, await good({ nonce: refused.nonce }))).toBe('accepted')
  })

  it('is refused when it is too old, made up or of another service, with the next one', async () => {
    let now = 1_800_000_000_000
    const dpop = create({ nonce: { ...nonce, required: true }, now: () => now })
    const { nonce: issued } = (await outcome(dpop, await good())) as SessionError
    now += 60_000
    expect(await messageOf(dpop, await good({ nonce: issued }))).toBe('accepted')
    now += 60_000
    const late = (await outcome(dpop, await good({ nonce: issued }))) as SessionError
    expect(late.code).toBe('use_nonce')
    expect(late.nonce).not.toBe(issued)
    const [period, mac = ''] = String(late.nonce).split('.')
    const other = create({ nonce: { secret: `another ${SECRET}`, required: true }, now: () => now })
    const { nonce: foreign } = (await outcome(other, await good())) as SessionError
    for (const made of [foreign, 'x', `${period}.`, `${period}.${mac.slice(0, -1)}`, `zzzzzzzz.${mac}`, `.${mac}`])
      expect(await messageOf(dpop, await good({ nonce: made }))).toMatch(/^use_nonce/)
    expect(await messageOf(dpop, await good({ nonce: late.nonce }))).toBe('accepted')
  })
})
