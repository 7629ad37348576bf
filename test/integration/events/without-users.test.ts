import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBreakerSet } from '@postern/service/breaker-set'
import { createConnectionMetrics } from '@postern/service/connection-metrics'
import { openDatabase } from '@postern/service/database/open-database'
import { createEvents } from '@postern/service/events/create-events'
import type { NewEventOf, PostedEventOf } from '@postern/service/events/event'
import { createEventMetrics } from '@postern/service/events/event-metrics'
import { createLogger } from '@postern/service/logger'
import { createMetricRegistry } from '@postern/service/metric-registry'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { until } from '../../support/wait.js'

/** The events of a service that knows users only by their ids. */
interface Data {
  'note.written': { note: number }
  'note.deleted': { note: number }
}

/** The tables that the first migration of such a service makes. */
const README = new URL('../../../packages/service/src/events/README.md', import.meta.url)
const TABLES = /```sql\n(.*?)```/s.exec(readFileSync(README, 'utf8'))?.[1] ?? ''

let database: TestDatabase
let processes: ReturnType<typeof startProcess>[]
const consumed: PostedEventOf<Data>[] = []

beforeAll(async () => {
  database = await createTestDatabase({ migrate: false })
  await database.query(TABLES)
  processes = [startProcess(), startProcess()]
})
afterAll(async () => {
  for (const process of processes) await process.close()
  await database.drop()
})

/** What one process of the service has. */
function startProcess() {
  const registry = createMetricRegistry()
  const metrics = { ...createConnectionMetrics(registry), ...createEventMetrics(registry) }
  const breakers = createBreakerSet((...watched) => metrics.circuitBreakers(...watched))
  const logger = createLogger('silent')
  const parts = { timeout: 10, logger, metrics, breakers }
  const { transaction, ...opened } = openDatabase({ ...parts, server: database.server, poolSize: 10 })
  const events = createEvents<NewEventOf<Data>, PostedEventOf<Data>>({
    ...{ ...parts, database: opened.events, openConnection: () => opened.openConnection() },
    isEventType: (type) => type === 'note.written' || type === 'note.deleted',
    names: { exchange: 'notes.events', prefix: 'notes', source: 'urn:notes' },
    ...{ rabbitmq: null, program: 'notes', concurrency: 5, prefetch: 10, retrySeconds: [1] },
    ...{ emptiesDatabase: true, tracing: null },
  })
  events.consumers.push({
    ...{ name: 'test', types: ['note.written', 'note.deleted'] },
    send: (event) => Promise.resolve(void consumed.push(event)),
  })
  return {
    ...{ transaction, trail: events.trail },
    async close() {
      await events.close()
      breakers.close()
      await opened.close()
    },
  }
}

const stored = async (userId: string) => {
  const rows = await database.query<{ seq: number; type: string }>(
    'SELECT seq, type FROM outbox WHERE user_id = ? ORDER BY seq',
    [userId],
  )
  return rows.map(({ seq, type }) => `${seq} ${type}`)
}

/** Writes a note of a user in some process. */
function write(userId: string, note: number) {
  const { transaction, trail } = processes[note % processes.length]!
  return transaction((tx) => trail.record(tx, userId, { type: 'note.written', data: { note } }))
}

const counted = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('events of a service without users', () => {
  it('are numbered from the first one, which several processes write at once, and processed once', async () => {
    const users = [randomUUID(), randomUUID()]
    await Promise.all(users.flatMap((user) => counted(1, 30).map((note) => write(user, note))))
    await until('all are processed', () => consumed.length >= 60)
    for (const user of users) {
      expect(await stored(user)).toEqual(counted(1, 30).map((seq) => `${seq} note.written`))
      const own = consumed.filter(({ userId }) => userId === user)
      expect(own.map(({ data }) => data.note).toSorted((a, b) => a - b)).toEqual(counted(1, 30))
    }
    await until('the queue is empty', async () => {
      const [row] = await database.query<{ count: number }>('SELECT COUNT(*) AS count FROM event_deliveries')
      return Number(row!.count) === 0
    })
  })

  it('have no number again after the data of the user were erased', async () => {
    const user = randomUUID()
    await write(user, 1)
    await write(user, 2)
    await database.query('DELETE FROM outbox WHERE user_id = ?', [user])
    await write(user, 3)
    expect(await stored(user)).toEqual(['3 note.written'])
  })

  it('are numbered for many users in one statement, also where some have had none, and two do it at once', async () => {
    const users = counted(1, 40).map(() => randomUUID())
    await write(users[0]!, 1)
    const deleted = users.map((userId) => ({ userId, event: { type: 'note.deleted', data: { note: 1 } } as const }))
    await Promise.all([
      processes[0]!.transaction((tx) => processes[0]!.trail.recordAll(tx, deleted)),
      processes[1]!.transaction((tx) => processes[1]!.trail.recordAll(tx, deleted.toReversed())),
    ])
    expect(await stored(users[0]!)).toEqual(['1 note.written', '2 note.deleted', '3 note.deleted'])
    for (const user of users.slice(1)) expect(await stored(user)).toEqual(['1 note.deleted', '2 note.deleted'])
  })

  it('can be taken back, and written at most once in a time', async () => {
    const user = randomUUID()
    const [{ transaction, trail }] = processes as [(typeof processes)[0]]
    const event = { type: 'note.written', data: { note: 1 } } as const
    const sample = () => transaction((tx) => trail.recordSampled(tx, user, event, 60))
    expect(await sample()).toBe('recorded')
    expect(await sample()).toBe('recent')
    await transaction(async (tx) => {
      const ids = await trail.record(tx, user, { type: 'note.deleted', data: { note: 1 } })
      await trail.withdraw(tx, user, ids)
    })
    await write(user, 2)
    expect(await stored(user)).toEqual(['1 note.written', '2 note.written'])
  })

  it('are written only with their change', async () => {
    const user = randomUUID()
    const [{ transaction, trail }] = processes as [(typeof processes)[0]]
    const change = transaction(async (tx) => {
      await trail.record(tx, user, { type: 'note.written', data: { note: 1 } })
      throw new Error('the change fails')
    })
    await expect(change).rejects.toThrow('the change fails')
    expect(await stored(user)).toEqual([])
  })
})
