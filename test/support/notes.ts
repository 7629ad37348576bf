import { readFileSync } from 'node:fs'
import { createBreakerSet } from '@postern/service/breaker-set'
import { createConnectionMetrics } from '@postern/service/connection-metrics'
import { openDatabase } from '@postern/service/database/open-database'
import { createEvents } from '@postern/service/events/create-events'
import type { NewEventOf, PostedEventOf } from '@postern/service/events/event'
import { createEventMetrics } from '@postern/service/events/event-metrics'
import { rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import { createLogger } from '@postern/service/logger'
import { createMetricRegistry } from '@postern/service/metric-registry'
import { createTestDatabase, type TestDatabase } from './database.js'

/** The events of a service that knows users only by their ids. */
interface Data {
  'note.written': { note: number }
  'note.deleted': { note: number }
}

export type NoteEvent = PostedEventOf<Data>

/** The tables that the first migration of such a service makes. */
const README = new URL('../../packages/service/src/events/README.md', import.meta.url)
const TABLES = /```sql\n(.*?)```/s.exec(readFileSync(README, 'utf8'))?.[1] ?? ''

export async function createNotesDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrate: false })
  await database.query(TABLES)
  return database
}

/** One process of the service. `consume` is called with each event. */
export function startNotes(server: TestDatabase['server'], consume: (event: NoteEvent) => void, rabbitmqUrl?: string) {
  const registry = createMetricRegistry()
  const metrics = { ...createConnectionMetrics(registry), ...createEventMetrics(registry) }
  const breakers = createBreakerSet((...watched) => metrics.circuitBreakers(...watched))
  const parts = { timeout: 10, logger: createLogger('silent'), metrics, breakers }
  const database = openDatabase({ ...parts, server, poolSize: 10 })
  const events = createEvents<NewEventOf<Data>, NoteEvent>({
    ...{ ...parts, database: database.events, openConnection: () => database.openConnection() },
    isEventType: (type) => type === 'note.written' || type === 'note.deleted',
    names: { exchange: 'postern.notes.events', prefix: 'postern.notes', source: 'urn:postern:notes' },
    ...{ rabbitmq: rabbitmqServer({ RABBITMQ_URL: rabbitmqUrl }), program: 'notes', concurrency: 5, prefetch: 10 },
    ...{ retrySeconds: [1], emptiesDatabase: true, tracing: null },
  })
  events.consumers.push({
    ...{ name: 'test', types: ['note.written', 'note.deleted'] },
    send: (event) => Promise.resolve(consume(event)),
  })
  return {
    ...{ events, trail: events.trail, transaction: database.transaction },
    /** Writes a note of a user. */
    write: (userId: string, note: number) =>
      database.transaction((tx) => events.trail.record(tx, userId, { type: 'note.written', data: { note } })),
    async close() {
      await events.close()
      breakers.close()
      await database.close()
    },
  }
}
