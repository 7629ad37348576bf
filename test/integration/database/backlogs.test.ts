import { randomUUID } from 'node:crypto'
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import { createDeadLetterRepository } from '@postern/service/events/stored-dead-letters'
import { createOutbox } from '@postern/service/events/outbox'
import { createUserSearchRepository } from '../../../src/repositories/accounts/user-search.js'
import { createPushRepository } from '../../../src/repositories/signals/pushes.js'
import { createSignalRepository } from '../../../src/repositories/signals/signals.js'
import { createStreamRepository } from '../../../src/repositories/signals/streams.js'
import { createDueEndpoints } from '../../../packages/delivery/src/webhooks/tables/due-endpoints.js'
import { createDeliveryRepository } from '../../../packages/delivery/src/webhooks/tables/deliveries.js'
import { USERS } from '../../../src/services/events/index.js'
import { createDiscarding } from '../../../src/services/signals/index.js'
import { createWebhookRetention } from '../../../packages/delivery/src/webhooks/retention.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'

/** Rows of each backlog. Enough for the server to prefer an index, if there is one. */
const ROWS = 10_000

/** Few statements may read this many rows: the work must not grow with the backlog. */
const FEW = 300

let database: TestDatabase
let connection: Connection
/** How many rows the largest statement has changed. */
let mostChanged = 0

const read: Read = async <Row>(sql: string, values: unknown[]) =>
  (await connection.execute<RowDataPacket[]>(sql, values as string[]))[0] as Row[]
const write: Write = async (sql, values) => {
  const [{ affectedRows }] = await connection.execute<ResultSetHeader>(sql, values)
  mostChanged = Math.max(mostChanged, affectedRows)
  return affectedRows
}
const tx: Statements = { select: read, write, afterCommit: () => undefined }
const transaction = <T>(work: (tx: Statements) => Promise<T>) => work(tx)

/** How many rows the server reads for `work`. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    const [rows] = await connection.query<RowDataPacket[]>("SHOW SESSION STATUS LIKE 'Handler_read%'")
    return rows.reduce((sum, row) => sum + Number(row['Value']), 0)
  }
  const before = await count()
  await work()
  return (await count()) - before
}

const count = async (table: string, condition: string): Promise<number> =>
  Number((await read<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table} WHERE ${condition}`, []))[0]?.count)

const number = 'LPAD(HEX(seq), 12, 0)'

async function insertStream(method: 'push' | 'poll', status: string): Promise<string> {
  const id = randomUUID()
  await connection.query(
    `INSERT INTO signal_streams (id, audience, method, token_hash, events_requested, status, status_by, created_at, push_due_at)
     VALUES (?, 'receiver', ?, ?, '[]', ?, 'admin', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [id, method, id.replaceAll('-', '').repeat(2), status],
  )
  await connection.query(
    `INSERT INTO signals (stream_id, jti, user_id, at, seq, claims, about_status, created_at)
     SELECT ?, CONCAT(REPEAT('0', 20), ${number}), NULL, UTC_TIMESTAMP(3) - INTERVAL seq SECOND, seq, '{}', FALSE,
       UTC_TIMESTAMP(3) FROM seq_1_to_${ROWS}`,
    [id],
  )
  return id
}

async function insertEndpoint(): Promise<string> {
  const id = randomUUID()
  await connection.query(
    `INSERT INTO webhook_endpoints (id, url, enabled, paced_at, secret, key_id, created_at, updated_at)
     VALUES (?, 'https://example.com/', TRUE, UTC_TIMESTAMP(3), '', '00000000', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [id],
  )
  return id
}

/** The failed ones are the oldest. The pending ones are due in an hour. */
const insertDeliveries = (endpointId: string, status: string, digit: string) =>
  connection.query(
    `INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, body, status, due_at, created_at)
     SELECT CONCAT('0190${digit}000-0000-7000-8000-', ${number}), ?, CONCAT('0190${digit}000-0000-7000-8000-', ${number}),
       'user.registered', '{}', ?, IF(? = 'PENDING', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, NULL), UTC_TIMESTAMP(3)
     FROM seq_1_to_${ROWS}`,
    [endpointId, status, status],
  )

beforeAll(async () => {
  database = await createTestDatabase()
  connection = await database.connect()
})
afterAll(async () => {
  await connection.end()
  await database.drop()
})

describe('a stream of signals that is paused', () => {
  let paused: string
  const signals = createSignalRepository(read, write)
  const streams = createStreamRepository(read)
  const pushes = createPushRepository(read, write)

  beforeAll(async () => {
    paused = await insertStream('push', 'paused')
    await connection.query('ANALYZE TABLE signals, signal_streams')
  })

  it('is skipped by pushes and polls without a look at what it holds', async () => {
    expect(await rowsRead(async () => expect(await pushes.listDue(20)).toEqual([]))).toBeLessThan(FEW)
    expect(await rowsRead(async () => expect(await signals.listWaiting(paused, 21)).toEqual([]))).toBeLessThan(FEW)
  })

  it('delivers what says that its status has changed, and nothing else', async () => {
    const about = { streamId: paused, userId: null, at: null, seq: 0, claims: '{}', aboutStatus: true }
    await signals.insert(tx, { ...about, jti: 'a'.repeat(32) })
    expect(await rowsRead(async () => expect(await pushes.listDue(20)).toEqual([paused]))).toBeLessThan(FEW)
    const listed = async () => (await signals.listWaiting(paused, 21)).map(({ jti }) => jti)
    expect(await rowsRead(async () => expect(await listed()).toEqual(['a'.repeat(32)]))).toBeLessThan(FEW)
  })

  it('delivers everything in its order once it is enabled, page by page', async () => {
    await streams.update(tx, paused, { status: 'enabled' })
    const found = await signals.listWaiting(paused, 21)
    // The newest has the smallest number here, except what says that the status has changed.
    expect(found.map(({ jti }) => jti)).toEqual(
      Array.from({ length: 21 }, (_, i) => (ROWS - i).toString(16).toUpperCase().padStart(32, '0')),
    )
    expect(await rowsRead(() => signals.listWaiting(paused, 21))).toBeLessThan(FEW)
    expect(await rowsRead(async () => expect(await pushes.listDue(20)).toEqual([paused]))).toBeLessThan(FEW)
  })

  it('loses its signals in batches when it is disabled or deleted, and the others keep theirs', async () => {
    const [deleted, other] = [await insertStream('poll', 'enabled'), await insertStream('poll', 'enabled')]
    await streams.update(tx, paused, { status: 'disabled' })
    await streams.delete(tx, deleted)
    mostChanged = 0
    expect(await createDiscarding({ transaction, streams, signals }).run()).toBe(2 * ROWS)
    expect(mostChanged).toBe(1000)
    expect(await signals.isCleared(tx, paused)).toBe(true)
    expect(await count('signals', `stream_id = '${paused}'`)).toBe(1)
    expect(await count('signals', `stream_id = '${other}'`)).toBe(ROWS)
  })
})

describe('deliveries of a webhook', () => {
  let endpoint: string
  const deliveries = createDeliveryRepository(read, write)
  const due = createDueEndpoints(read, { hasOwners: false })

  beforeAll(async () => {
    endpoint = await insertEndpoint()
    await insertDeliveries(endpoint, 'FAILED', '1')
    await insertDeliveries(endpoint, 'DELIVERED', '2')
    await insertDeliveries(endpoint, 'PENDING', '3')
    await connection.query('ANALYZE TABLE webhook_deliveries, webhook_endpoints')
  })

  it('that are not due are not read to find those that are', async () => {
    expect(await rowsRead(async () => expect(await due.ofDeployment()).toEqual([]))).toBeLessThan(FEW)
  })

  it.each(['PENDING', 'DELIVERED', 'FAILED'] as const)('that are %s are listed page by page', async (status) => {
    const page = { after: null, before: null, limit: 26, backward: false }
    const list = () => deliveries.list({ webhookId: endpoint, status }, page)
    const ids = (await list()).map(({ id }) => id)
    expect(ids).toHaveLength(26)
    expect(ids).toEqual(ids.toSorted().reverse())
    expect(await rowsRead(list)).toBeLessThan(status === 'PENDING' ? 2 * ROWS : FEW)
  })

  it('that have failed are replayed up to a limit, the oldest first', async () => {
    expect(await deliveries.replayFailed(tx, endpoint, new Date(0), 100)).toBe(100)
    const page = { after: null, before: null, limit: 1, backward: true }
    const [oldest] = await deliveries.list({ webhookId: endpoint, status: 'FAILED' }, page)
    expect(oldest?.id.endsWith((101).toString(16).toUpperCase().padStart(12, '0'))).toBe(true)
    await connection.query(
      "UPDATE webhook_deliveries SET due_at = NULL, status = 'FAILED' WHERE due_at < UTC_TIMESTAMP(3)",
    )
  })

  it('are purged in batches once their webhook is deleted', async () => {
    const other = await insertEndpoint()
    await insertDeliveries(other, 'DELIVERED', '4')
    await connection.query('DELETE FROM webhook_endpoints WHERE id = ?', [endpoint])
    mostChanged = 0
    const purge = createWebhookRetention({ deliveries, seconds: 86_400, clock: () => new Date() })
    expect(await purge()).toBe(3 * ROWS)
    expect(mostChanged).toBe(1000)
    expect(await count('webhook_deliveries', 'TRUE')).toBe(ROWS)
  })
})

describe('events', () => {
  const dead = createDeadLetterRepository(read, write)
  const outbox = createOutbox(transaction, read, write, USERS)

  beforeAll(async () => {
    await connection.query(
      `INSERT INTO outbox (id, type, user_id, seq, at, data, published_at)
       SELECT CONCAT('01900000-0000-7000-8000-', ${number}), 'user.registered', UUID(), 1, UTC_TIMESTAMP(3), '{}',
         UTC_TIMESTAMP(3) - INTERVAL 8 DAY FROM seq_1_to_${ROWS}`,
    )
    await connection.query(
      `INSERT INTO event_deliveries (consumer, event_id, attempts, due_at, dead_at)
       SELECT IF(seq % 2, 'mail', 'webhooks'), CONCAT('01900000-0000-7000-8000-', ${number}), 5, UTC_TIMESTAMP(3),
         IF(seq > 2, UTC_TIMESTAMP(3) - INTERVAL 1 SECOND, NULL) FROM seq_1_to_${ROWS / 2}`,
    )
    await connection.query('ANALYZE TABLE outbox, event_deliveries')
  })

  it('that are old are purged unless a queue has them, and each look at a queue is one row', async () => {
    const before = new Date(Date.now() - 7 * 86_400_000)
    // It looks at the rows that stay, too.
    expect(await rowsRead(() => outbox.purge(before, ROWS))).toBeLessThan(6 * ROWS)
    expect(await count('outbox', 'TRUE')).toBe(ROWS / 2)
    expect(await outbox.purge(before, ROWS)).toBe(0)
  })

  it('that are dead letters are retried and dropped in batches', async () => {
    mostChanged = 0
    expect(await dead.retry({ consumer: 'mail', eventId: null })).toBe(ROWS / 4 - 1)
    expect(await dead.drop({ consumer: 'webhooks', eventId: null })).toBe(ROWS / 4 - 1)
    expect(mostChanged).toBe(1000)
    // What was waiting still waits.
    expect(await count('event_deliveries', 'dead_at IS NULL')).toBe(ROWS / 4 + 1)
  })
})

describe('users', () => {
  const search = createUserSearchRepository(read)
  const PAGE = 50

  beforeAll(async () => {
    await connection.query(
      `INSERT INTO users (id, email, email_key, created_at, updated_at)
       SELECT CONCAT('01900000-0000-7000-8000-', ${number}), CONCAT('user', seq, '@example.com'),
         CONCAT('user', seq, '@example.com'), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_${ROWS}`,
    )
    // The owned ones come last among those that start alike.
    await connection.query(
      `INSERT INTO usernames (username_key, display, user_id, state)
       SELECT CONCAT('user-', IF(seq > 100, 'a', 'z'), seq), CONCAT('User-', seq),
         CONCAT('01900000-0000-7000-8000-', ${number}), IF(seq > 100, 'RELEASED', 'OWNED') FROM seq_1_to_${ROWS}`,
    )
    await connection.query('ANALYZE TABLE users, usernames')
  })

  it.each([
    ['addresses', 'user', () => search.byEmail('user', PAGE)],
    ['usernames', 'User-', () => search.byUsername('user-', PAGE)],
  ])('are found by the beginning of %s without a look at the others', async (_what, start, find) => {
    expect(await rowsRead(async () => expect(await find()).toHaveLength(PAGE))).toBeLessThan(FEW)
    for (const { email, username } of await find()) expect([email, username].join(' ')).toContain(start)
  })

  it('are not scanned if no one matches', async () => {
    expect(await rowsRead(async () => expect(await search.byEmail('user1_', PAGE)).toEqual([]))).toBeLessThan(FEW)
    expect(await rowsRead(async () => expect(await search.byUsername('user-b', PAGE)).toEqual([]))).toBeLessThan(FEW)
  })
})
