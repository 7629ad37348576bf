import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Connection } from 'mysql2/promise'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, type Instance } from '../../support/service.js'

const [FIRST_KEY, SECOND_KEY] = ['first-audit-key-0123456789abcdef01', 'second-audit-key-0123456789abcdef0']

let database: TestDatabase
let one: Instance
let other: Instance
let connection: Connection

const start = (env: Record<string, string>) =>
  startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), ...env }, { alone: true })

beforeAll(async () => {
  database = await createTestDatabase()
  one = await start({ AUDIT_KEY: FIRST_KEY, AUDIT_RETENTION_DAYS: '30' })
  other = await start({ AUDIT_KEY: SECOND_KEY, AUDIT_KEY_PREVIOUS: FIRST_KEY })
  connection = await database.connect()
})
afterAll(async () => {
  await Promise.all([one.stop(), other.stop(), connection.end()])
  await database.drop()
})

const protect = (instance: Instance, username: string) =>
  instance.app.services.usernames.protectedUsernames.protect(username)

let written = 0
async function write(entries: number, instance = one): Promise<void> {
  for (let i = 0; i < entries; i++) await protect(instance, `name-${(written += 1)}`)
}

const seal = (instance = one) => instance.app.background.audit()
const verify = (instance = one, head: { position: number; seal: string } | null = null) =>
  instance.app.services.audit.verify(head)

/** A chain of `entries` sealed entries. */
async function startChain(entries: number): Promise<void> {
  await connection.query(
    `DELETE FROM audit_entries; DELETE FROM audit_details;
     UPDATE audit_chain SET position = 0, seal = '', anchor_position = 0, anchor_seal = '', anchor_key_id = '', anchor_mac = ''`,
  )
  await write(entries)
  await seal()
}

beforeEach(() => startChain(6))

it('gives committed entries their positions without a gap, and verifies', async () => {
  const result = await verify()
  expect(result).toMatchObject({ problem: null, entries: 6, anchor: 0, head: { position: 6 }, waiting: { count: 0 } })
  const rows = await database.query<{ position: number }>('SELECT position FROM audit_entries ORDER BY id')
  expect(rows.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6])
  expect(await one.app.metrics.text()).toContain('postern_audit_sealed_position ')
})

it('seals an entry that commits late after those that were written later', async () => {
  const late = '00000000-0000-7000-8000-000000000001'
  const slow = await database.connect()
  await slow.query('START TRANSACTION')
  await slow.query(
    `INSERT INTO audit_entries (id, at, action, result, actor, facts) VALUES (?, UTC_TIMESTAMP(3), 'LOGIN', 'SUCCESS', 'SERVICE', '{}')`,
    [late],
  )
  await write(1)
  await seal()
  expect(await verify()).toMatchObject({ problem: null, entries: 7, waiting: { count: 0 } })
  await slow.query('COMMIT')
  await slow.end()
  expect((await verify()).waiting.count).toBe(1)
  await seal()
  expect(await verify()).toMatchObject({ problem: null, entries: 8 })
  expect(await database.query('SELECT id FROM audit_entries WHERE position = 8')).toEqual([{ id: late }])
})

it('is one chain when two instances seal at once, each with its key', async () => {
  for (let round = 0; round < 10; round++) {
    await Promise.all([write(3), write(3, other), seal(), seal(other)])
    await Promise.all([seal(), seal(other)])
  }
  await seal()
  expect(await verify(other)).toMatchObject({ problem: null, entries: 66, head: { position: 66 } })
})

it('seals more than a batch', async () => {
  await connection.query(
    `INSERT INTO audit_entries (id, at, action, result, actor, facts)
     WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 900)
     SELECT UUID(), UTC_TIMESTAMP(3), 'LOGIN', 'SUCCESS', 'SERVICE', '{}' FROM numbers`,
  )
  await seal()
  expect(await verify()).toMatchObject({ problem: null, entries: 906, waiting: { count: 0 } })
})

it('continues after a sealer was killed in the middle', async () => {
  await write(3)
  // Another sealer has the row of the chain, has sealed one entry, and dies.
  const sealer = await database.connect()
  await sealer.query('START TRANSACTION')
  await sealer.query('SELECT * FROM audit_chain WHERE id = 1 FOR UPDATE')
  await sealer.query(`UPDATE audit_entries SET position = 7, seal = 'x' WHERE position IS NULL ORDER BY id LIMIT 1`)
  await seal()
  expect(await verify()).toMatchObject({ problem: null, entries: 6, waiting: { count: 3 } })
  sealer.destroy()
  await expect
    .poll(async () => {
      await seal()
      return verify()
    })
    .toMatchObject({ problem: null, entries: 9, waiting: { count: 0 } })
})

describe('verification', () => {
  it.each([
    ['a changed action', `UPDATE audit_entries SET action = 'LOGIN' WHERE position = 3`, 3],
    ['a changed time', 'UPDATE audit_entries SET at = at + INTERVAL 1 SECOND WHERE position = 3', 3],
    ['a changed fact', `UPDATE audit_entries SET facts = '{}' WHERE position = 3`, 3],
    ['another actor', 'UPDATE audit_entries SET actor_id = id WHERE position = 3', 3],
    ['another account', 'UPDATE audit_entries SET account_id = id WHERE position = 3', 3],
    ['a removed hash of details', `UPDATE audit_entries SET commitment = REPEAT('0', 64) WHERE position = 3`, 3],
    ['a deleted entry', 'DELETE FROM audit_entries WHERE position = 3', 3],
    ['a deleted first entry', 'DELETE FROM audit_entries WHERE position = 1', 1],
    ['a deleted last entry', 'DELETE FROM audit_entries WHERE position = 6', 6],
    [
      'a deleted entry whose gap was closed',
      'DELETE FROM audit_entries WHERE position = 3; UPDATE audit_entries SET position = position - 1 WHERE position > 3 ORDER BY position; UPDATE audit_chain SET position = 5',
      3,
    ],
    [
      'two swapped entries',
      'UPDATE audit_entries SET position = 99 WHERE position = 3; UPDATE audit_entries SET position = 3 WHERE position = 4; UPDATE audit_entries SET position = 4 WHERE position = 99',
      3,
    ],
    [
      'an inserted entry',
      `UPDATE audit_entries SET position = position + 1 WHERE position > 3 ORDER BY position DESC;
       INSERT INTO audit_entries SELECT UUID(), 4, at, action, result, actor, actor_id, account_id, facts, commitment, key_id, seal FROM audit_entries WHERE position = 3;
       UPDATE audit_chain SET position = 7`,
      4,
    ],
    [
      'an entry after the end',
      'INSERT INTO audit_entries SELECT UUID(), 7, at, action, result, actor, actor_id, account_id, facts, commitment, key_id, seal FROM audit_entries WHERE position = 6',
      7,
    ],
    ['a key that is not configured', `UPDATE audit_entries SET key_id = '00000000' WHERE position = 3`, 3],
    [
      'entries removed from the beginning, with an anchor that the service did not write',
      'UPDATE audit_chain SET anchor_position = 2, anchor_seal = (SELECT seal FROM audit_entries WHERE position = 2), anchor_key_id = (SELECT key_id FROM audit_entries WHERE position = 2); DELETE FROM audit_entries WHERE position <= 2',
      2,
    ],
    ['a head that is not the last entry', `UPDATE audit_chain SET seal = REPEAT('0', 64)`, 6],
  ])('reports %s with its position', async (_what, tamper, position) => {
    await connection.query(tamper)
    const { problem } = await verify()
    expect(problem?.position).toBe(position)
  })

  it('says that a key is missing, and needs the previous keys after a rotation', async () => {
    await write(2, other)
    await seal(other)
    expect((await verify(other)).problem).toBeNull()
    const { problem } = await verify(one)
    expect(problem).toMatchObject({
      position: 7,
      text: expect.stringMatching(/^The entry was sealed with a key that is/),
    })
  })

  it('shows that the end was removed together with the head only by a head that was noted elsewhere', async () => {
    const noted = (await verify()).head
    expect((await verify(one, noted)).problem).toBeNull()
    await connection.query(
      `DELETE FROM audit_entries WHERE position > 4;
       UPDATE audit_chain SET position = 4, seal = (SELECT seal FROM audit_entries WHERE position = 4)`,
    )
    expect((await verify()).problem).toBeNull()
    expect((await verify(one, noted)).problem).toEqual({
      position: 5,
      text: 'The end is missing: the noted position is 6.',
    })
    // Other entries take the places of those that were removed.
    await write(3)
    await seal()
    expect((await verify(one, noted)).problem).toMatchObject({
      position: 6,
      text: 'The seal is not the one that was noted.',
    })
  })
})

describe('erased details', () => {
  it('leave a chain that verifies, while changed ones do not', async () => {
    const { id } = await one.register()
    const registered = await one.register()
    await seal()
    await one.app.services.audit.erasure.eraseNow(id)
    await seal()
    expect(await verify()).toMatchObject({ problem: null, entries: 9, erased: 1 })
    const details = await database.query<{ id: string }>(
      'SELECT e.account_id AS id FROM audit_details d JOIN audit_entries e ON e.id = d.entry_id',
    )
    expect(details).toEqual([{ id: registered.id }])
    await connection.query(`UPDATE audit_details SET ip_address = '192.0.2.1'`)
    expect((await verify()).problem).toEqual({ position: 8, text: 'The details were changed.' })
  })
})

describe('retention', () => {
  it('deletes old entries from the beginning and leaves a chain that verifies', async () => {
    const { id } = await one.register()
    await seal()
    // As if they had been written that long ago: sealed once more.
    await connection.query(
      `UPDATE audit_entries SET at = at - INTERVAL 31 DAY, position = NULL, seal = NULL WHERE position <= 3 OR position = 7;
       UPDATE audit_entries SET position = NULL, seal = NULL;
       UPDATE audit_chain SET position = 0, seal = ''`,
    )
    await seal()
    const noted = (await verify()).head
    await one.app.background.purge()
    const result = await verify(one, noted)
    expect(result).toMatchObject({ problem: null, entries: 4, anchor: 3, head: { position: 7 } })
    // What is old waits for a younger entry before it.
    const [kept] = await database.query(
      'SELECT d.entry_id FROM audit_details d JOIN audit_entries e ON e.id = d.entry_id WHERE e.account_id = ?',
      [id],
    )
    expect(kept).toBeDefined()
    expect((await verify(one, { position: 2, seal: noted.seal })).problem?.text).toMatch(/deleted because of its age/)

    await write(1)
    await seal()
    expect(await verify()).toMatchObject({ problem: null, entries: 5, head: { position: 8 } })
    // With another key after the purge.
    expect((await verify(other)).problem).toBeNull()
  })

  it('deletes nothing that is not sealed', async () => {
    await connection.query(
      `INSERT INTO audit_entries (id, at, action, result, actor, facts) VALUES (UUID(), '2000-01-01', 'LOGIN', 'SUCCESS', 'SERVICE', '{}')`,
    )
    await one.app.background.purge()
    expect(await verify()).toMatchObject({ problem: null, entries: 6, waiting: { count: 1 } })
  })
})
