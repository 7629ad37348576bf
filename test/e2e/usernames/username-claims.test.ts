import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique, type Client } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startDelays } from '../../support/delays.js'
import { type PreforkGroup, startPrefork } from '../../support/prefork.js'
import { privateRedis, type PrivateServer } from '../../support/servers.js'

// Two instances of two processes each, with different delays on their connections to MySQL and Redis.

let database: TestDatabase
let redis: PrivateServer
const delays: Awaited<ReturnType<typeof startDelays>>[] = []
let groups: PreforkGroup[] = []

async function startGroup(): Promise<PreforkGroup> {
  const [mysql, cache] = [await startDelays(database.url, 150), await startDelays(redis.url, 60)]
  delays.push(mysql, cache)
  return startPrefork({ DATABASE_URL: mysql.url, REDIS_URL: cache.url, PREFORK: '2', USERNAME_HOLD: '3600' })
}

beforeAll(async () => {
  database = await createTestDatabase()
  redis = await privateRedis()
  groups = await Promise.all([startGroup(), startGroup()])
})
afterAll(async () => {
  for (const group of groups) group.signal('SIGTERM')
  await Promise.all(groups.map(({ finished }) => finished))
  for (const delay of delays) delay.close()
  await redis.remove()
  await database.drop()
})

const RENAME = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { username } }'

/** Claims a username by a registration or a rename. Resolves to all usernames that are then unavailable. */
async function claim(instance: Client, username: string, rename: boolean): Promise<string[]> {
  if (!rename) return [(await instance.register({ username })).username]
  const { token, username: old } = await instance.signUp()
  await instance.succeed(RENAME, { input: { username } }, token)
  return [username, old]
}

/** Null if the service was unavailable: an outage of a busy machine says nothing about what was answered. */
async function unlessUnavailable<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (String(error).includes('SERVICE_UNAVAILABLE')) return null
    throw error
  }
}

it('no check that starts after the response to a claim reports "available", whatever Redis does', async () => {
  const instances = groups as Client[]
  const wrong: string[] = []
  let [turn, claims, checks, running] = [0, 0, 0, true]
  /** Usernames that are being claimed. They are checked all the time, so that older checks are under way. */
  const wanted = new Set<string>()

  async function claimer(number: number): Promise<void> {
    while (running) {
      const instance = instances[turn++ % 2]!
      const username = unique('claim')
      wanted.add(username)
      const claimed = await unlessUnavailable(claim(instance, username, number % 3 === 0))
      if (claimed) claims++
      for (const unavailable of claimed ?? []) {
        const sent = Array.from({ length: 8 }, (_, i) => unlessUnavailable(instances[i % 2]!.isAvailable(unavailable)))
        for (const isAvailable of await Promise.all(sent)) {
          if (isAvailable) wrong.push(unavailable)
          if (isAvailable !== null) checks++
        }
      }
      wanted.delete(username)
    }
  }
  async function typist(): Promise<void> {
    while (running) {
      const usernames = [unique('claim'), ...wanted]
      const sent = usernames.map((username) => instances[Math.random() < 0.5 ? 0 : 1]!.isAvailable(username))
      await Promise.all(sent.map(unlessUnavailable))
    }
  }
  async function trouble(): Promise<void> {
    const direct = new Redis(redis.url, { retryStrategy: () => 20 })
    direct.on('error', () => undefined)
    // A busy machine may need more than three rounds.
    for (let round = 0; round < 3 || claims <= 10 || checks <= 80; round++) {
      await pause(300)
      await direct.flushall()
      await pause(300)
      redis.freeze()
      await pause(200)
      redis.thaw()
      // Long, because without Redis only the order of statements keeps an old answer from a new check.
      await redis.kill()
      await pause(1200)
      await redis.restart()
    }
    direct.disconnect()
    running = false
  }

  await Promise.all([trouble(), ...[1, 2, 3, 4, 5, 6].map(claimer), ...[1, 2, 3, 4].map(typist)])
  expect(wrong).toEqual([])
  expect(claims).toBeGreaterThan(10)
  expect(checks).toBeGreaterThan(80)
})
