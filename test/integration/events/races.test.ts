import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '@postern/service/logger'
import type { Statements } from '@postern/service/database/statements'
import { createOutbox } from '@postern/service/events/outbox'
import { createEventRelay, type Publish } from '@postern/service/events/relay'
import { createStores, type Stores } from '../../../src/app/stores.js'
import { readConfig } from '../../../src/config/index.js'
import { createMetrics } from '../../../src/platform/metrics.js'
import { type AnyEvent, type EventData, EVENT_TYPES, isEventType, USERS } from '../../../src/services/events/index.js'
import { LOGIN, unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { type Instance, type Service, startInstance, startService, TEST_ENVIRONMENT } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

let service: Service
let second: Instance
let stores: Stores
const processed: AnyEvent[] = []

beforeAll(async () => {
  service = await startService({ USERNAME_RENAMES: '1000/1', DATABASE_TIMEOUT: '30' })
  const env = {
    USERNAME_RENAMES: '1000/1',
    DATABASE_TIMEOUT: '30',
    DATABASE_URL: service.database.url,
    REDIS_URL: testRedisUrl(),
  }
  second = await startInstance(env)
  for (const { app } of [service, second])
    app.consumers.push({
      name: 'test-once',
      types: EVENT_TYPES,
      send: (event) => Promise.resolve(void processed.push(event)),
    })
  stores = storesFor(env)
})
afterAll(async () => {
  await stores.close()
  await second.stop()
  await service.stop()
})

function storesFor(env: { DATABASE_URL: string }): Stores {
  const config = readConfig({ ...TEST_ENVIRONMENT, REDIS_URL: testRedisUrl(), ...env })
  return createStores({ config, logger: createLogger('silent'), metrics: createMetrics() })
}

const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const REVOKE = 'mutation ($id: ID!) { revokeSession(id: $id) }'
const stored = (userId: string) =>
  service.database.query<{ id: string; seq: number; type: string; data: string }>(
    'SELECT id, seq, type, data FROM outbox WHERE user_id = ? ORDER BY seq',
    [userId],
  )

describe('many changes of one user at once', () => {
  it('have numbers without gaps, in the order of the commits, and each event is in each queue once', async () => {
    const user = await service.signUp()
    const { email, password } = user
    const others = await Promise.all(Array.from({ length: 6 }, () => second.login(user)))
    const run = (i: number) => (i % 2 ? service : second)
    const answers = await Promise.all([
      ...Array.from({ length: 12 }, (_, i) =>
        run(i).graphql(UPDATE, { input: { username: unique(), firstName: `name ${i}` } }, user.token),
      ),
      ...Array.from({ length: 6 }, (_, i) => run(i).graphql(LOGIN, { input: { email, password } })),
      // Each session twice: one of the two finds that it has ended.
      ...others.flatMap(({ refreshToken }, i) =>
        [0, 1].map((n) => run(i + n).graphql(REVOKE, { id: refreshToken.split('.')[0] }, user.token)),
      ),
    ])
    expect(answers.filter(({ code }) => code !== undefined && code !== 'NOT_FOUND')).toEqual([])
    expect(answers.filter(({ code }) => code === 'NOT_FOUND')).toHaveLength(others.length)
    await service.succeed(REVOKE, { id: user.refreshToken.split('.')[0] }, user.token)

    const events = await stored(user.id)
    expect(events.map(({ seq }) => Number(seq))).toEqual(events.map((_, i) => i + 1))
    const count = (type: string) => events.filter((event) => event.type === type).length
    expect(count('session.revoked')).toBe(others.length + 1)
    expect(count('user.logged_in')).toBe(1 + others.length + 6)
    // Each change starts from the username that the one before it has left.
    const changes = events
      .filter(({ type }) => type === 'username.changed')
      .map(({ data }) => JSON.parse(data) as EventData['username.changed'])
    expect(changes).toHaveLength(12)
    expect(changes.map(({ previousUsername }) => previousUsername)).toEqual([
      user.username,
      ...changes.map(({ username }) => username).slice(0, -1),
    ])

    const of = () => processed.filter(({ userId }) => userId === user.id)
    await until('all are processed', () => of().length >= events.length)
    expect(
      of()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(events.map(({ id }) => id).toSorted())
  })
})

describe('relays', () => {
  let database: TestDatabase
  let own: Stores
  beforeAll(async () => {
    database = await createTestDatabase()
    own = storesFor({ DATABASE_URL: database.url })
  })
  afterAll(async () => {
    await own.close()
    await database.drop()
  })
  const relayWith = (publish: Publish) => {
    const { transaction, read, write } = own.events
    const outbox = createOutbox(transaction, read, write, USERS)
    return createEventRelay({ outbox, isEventType, publish, onFailure: () => undefined })
  }
  const idOf = (i: number) => `01900000-0000-7000-8000-${String(i).padStart(12, '0')}`
  const leave = (from: number, to: number) => {
    const rows = Array.from({ length: to - from }, (_, i) => [
      idOf(from + i),
      idOf(0),
      from + i,
      new Date(),
      '{}',
      'user.deleted',
    ])
    return database.query('INSERT INTO outbox (id, user_id, seq, at, data, type) VALUES ?', [rows])
  }

  it('publish events again, with the same ids, that a process has published but not marked before it died', async () => {
    await leave(1, 4)
    const published: string[] = []
    const relay = relayWith(async (tx, events) => {
      published.push(...events.map(({ id }) => id))
      const result = { ids: events.map(({ id }) => id), failure: null }
      if (published.length > 3) return result
      const [row] = await tx.select<{ id: number }>('SELECT CONNECTION_ID() AS id', [])
      await database.query(`KILL ${Number(row!.id)}`)
      return result
    })
    await expect(relay.step()).rejects.toThrow()
    await relay.step()
    await relay.step()
    const ids = [1, 2, 3].map(idOf)
    expect(published).toEqual([...ids, ...ids])
  })

  it('publish each event once, although several of them run at once', async () => {
    await leave(10, 1210)
    const published: string[] = []
    const relays = [0, 1, 2].map(() =>
      relayWith((_tx, events) => {
        published.push(...events.map(({ id }) => id))
        return Promise.resolve({ ids: events.map(({ id }) => id), failure: null })
      }),
    )
    await Promise.all(relays.map(({ step }) => step()))
    await relays[0]!.step()
    expect(published.toSorted()).toEqual(Array.from({ length: 1200 }, (_, i) => idOf(10 + i)))
  })

  it('publish what is behind any number of events that can not be read, and say which one it is', async () => {
    await leave(2000, 2600)
    await database.query("UPDATE outbox SET data = '{' WHERE id < ? AND id >= ?", [idOf(2599), idOf(2000)])
    const published: string[] = []
    const relay = relayWith((_tx, events) => {
      published.push(...events.map(({ id }) => id))
      return Promise.resolve({ ids: published, failure: null })
    })
    await expect(relay.step()).rejects.toThrow(`The event ${idOf(2000)} in the outbox can't be published`)
    expect(published).toEqual([idOf(2599)])
    await database.query('DELETE FROM outbox WHERE published_at IS NULL')
  })
})

describe('work for after a commit', () => {
  const kinds: [string, () => <T>(work: (tx: Statements) => Promise<T>) => Promise<T>][] = [
    ['mysql2', () => stores.mysqlTransaction],
    ['Prisma', () => (work) => stores.transactions.run(work)],
  ]
  it.each(kinds)('runs once if the transaction is repeated, and not if it is rolled back: %s', async (_name, run) => {
    let [ran, attempts] = [0, 0]
    const work = (fail: () => Error | null) =>
      run()(async (tx) => {
        tx.afterCommit(() => (ran += 1))
        await tx.select('SELECT 1', [])
        const error = fail()
        if (error) throw error
      })
    const deadlock = () => (++attempts < 3 ? Object.assign(new Error('deadlock'), { errno: 1213 }) : null)
    await work(deadlock)
    expect([attempts, ran]).toEqual([3, 1])
    await expect(work(() => new Error('rolled back'))).rejects.toThrow('rolled back')
    expect(ran).toBe(1)
  })
})
