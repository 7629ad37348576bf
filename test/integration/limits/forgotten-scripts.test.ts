import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createCallCountRepository } from '../../../src/repositories/limits/call-counts.js'
import { createLoginAttemptRepository } from '../../../src/repositories/limits/login-attempts.js'
import { unique } from '../../support/client.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'
import { until } from '../../support/wait.js'

const RULE = { failures: 5, locksMs: [60_000], failuresKeptMs: 60_000, locksKeptMs: 60_000, undecidedMs: 60_000 }

let server: PrivateServer
let redis: Redis

beforeAll(async () => {
  server = await privateRedis()
  redis = new Redis(server.url, { retryStrategy: () => 20, maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
})
afterAll(async () => {
  redis.disconnect()
  await server.remove()
})
beforeEach(async () => {
  // Redis knows the scripts, and this connection has sent them.
  await attemptsAtOnce()
})

/** Sends twenty attempts without waiting, and returns how many could be made. */
async function attemptsAtOnce(): Promise<number> {
  const store = createLoginAttemptRepository(redis)
  const key = unique()
  const answers = await Promise.all(Array.from({ length: 20 }, () => store.reserve(key, RULE, Date.now())))
  return answers.filter((answer) => typeof answer === 'object' && 'id' in answer).length
}

async function callsOf(command: string): Promise<number> {
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.info('commandstats'))?.[1] ?? 0)
}

it('only the first call on a connection sends the text', async () => {
  const store = createCallCountRepository(redis)
  await store.count(unique(), [{ limit: 5, seconds: 60 }])
  const [texts, hashes] = [await callsOf('eval'), await callsOf('evalsha')]
  for (let i = 0; i < 3; i++) await store.count(unique(), [{ limit: 5, seconds: 60 }])
  expect([await callsOf('eval'), await callsOf('evalsha')]).toEqual([texts, hashes + 3])
})

it.each([
  ['SCRIPT FLUSH', () => redis.script('FLUSH')],
  ['FLUSHALL', () => redis.flushall()],
  [
    'a restart',
    async () => {
      await server.restart()
      await until('Redis is connected', () => redis.status === 'ready')
    },
  ],
])('each of many calls after %s counts, and counts once', async (_what, forget) => {
  await forget()
  expect(await attemptsAtOnce()).toBe(RULE.failures)
})

it('each of many calls counts once if Redis forgets the scripts between them', async () => {
  const store = createCallCountRepository(redis)
  const key = unique()
  const flusher = redis.duplicate()
  const limits = [{ limit: 1000, seconds: 60 }]
  for (let round = 0; round < 20; round++)
    await Promise.all([
      ...Array.from({ length: 10 }, () => store.count(key, limits)),
      flusher.script('FLUSH'),
      ...Array.from({ length: 10 }, () => store.count(key, limits)),
    ])
  flusher.disconnect()
  expect(await redis.get(`limits:calls:60:${key}`)).toBe('400')
})
