import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { COLUMNS, FIRST_KEY, startAuditChain, type AuditChain } from '../../support/audit-chain.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, type LogLine } from '../../support/service.js'

let chain: AuditChain
beforeAll(async () => {
  chain = await startAuditChain()
})
afterAll(() => chain.stop())
beforeEach(() => chain.restart(6))

it('gives committed entries their positions without a gap, and verifies', async () => {
  const result = await chain.verify()
  expect(result).toMatchObject({ problem: null, entries: 6, anchor: 0, head: { position: 6 }, waiting: { count: 0 } })
  const rows = await chain.database.query<{ position: number }>('SELECT position FROM audit_entries ORDER BY id')
  expect(rows.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6])
  expect(await chain.one.app.metrics.text()).toContain('postern_audit_sealed_position ')
})

it('seals an entry that commits late after those that were written later', async () => {
  const late = '00000000-0000-7000-8000-000000000001'
  const slow = await chain.database.connect()
  await slow.query('START TRANSACTION')
  await slow.query(`INSERT INTO audit_entries (${COLUMNS}) VALUES ?`, [[chain.genuine(late)]])
  await chain.write(1)
  await chain.seal()
  expect(await chain.verify()).toMatchObject({ problem: null, entries: 7, waiting: { count: 0 } })
  await slow.query('COMMIT')
  await slow.end()
  expect((await chain.verify()).waiting.count).toBe(1)
  await chain.seal()
  expect(await chain.verify()).toMatchObject({ problem: null, entries: 8 })
  expect(await chain.database.query('SELECT id FROM audit_entries WHERE position = 8')).toEqual([{ id: late }])
})

it('is one chain when two instances seal at once, each with its key', async () => {
  for (let round = 0; round < 10; round++) {
    await Promise.all([chain.write(3), chain.write(3, chain.other), chain.seal(), chain.seal(chain.other)])
    await Promise.all([chain.seal(), chain.seal(chain.other)])
  }
  // The first one does not know the key of the second, and leaves its entries to it.
  await chain.seal(chain.other)
  expect(await chain.verify(chain.other)).toMatchObject({ problem: null, entries: 66, head: { position: 66 } })
})

it('seals more than a batch', async () => {
  const rows = Array.from({ length: 900 }, () => chain.genuine(randomUUID()))
  await chain.connection.query(`INSERT INTO audit_entries (${COLUMNS}) VALUES ?`, [rows])
  await chain.seal()
  expect(await chain.verify()).toMatchObject({ problem: null, entries: 906, waiting: { count: 0 } })
})

it('continues after a sealer was killed in the middle', async () => {
  await chain.write(3)
  // Another sealer has the row of the chain, has sealed one entry, and dies.
  const sealer = await chain.database.connect()
  await sealer.query('START TRANSACTION')
  await sealer.query('SELECT * FROM audit_chain WHERE id = 1 FOR UPDATE')
  await sealer.query(`UPDATE audit_entries SET position = 7, seal = 'x' WHERE position IS NULL ORDER BY id LIMIT 1`)
  await chain.seal()
  expect(await chain.verify()).toMatchObject({ problem: null, entries: 6, waiting: { count: 3 } })
  sealer.destroy()
  await expect
    .poll(async () => {
      await chain.seal()
      return chain.verify()
    })
    .toMatchObject({ problem: null, entries: 9, waiting: { count: 0 } })
})

describe('the sealer', () => {
  const NOT_GENUINE = 'The entry was not written by the service, or was changed before it was sealed.'
  const insert = (values: string) =>
    chain.connection.query(
      `SET SESSION sql_mode = ''; INSERT INTO audit_entries (id, at, action, result, actor, facts) VALUES ${values}`,
    )

  it.each([
    [
      'an entry that someone inserts',
      () => insert(`(UUID(), UTC_TIMESTAMP(3), 'SET_ROLE', 'SUCCESS', 'SERVICE', '{}')`),
    ],
    ['one whose time and facts are none', () => insert(`(UUID(), '0000-00-00', 'LOGIN', 'SUCCESS', 'SERVICE', '{')`)],
    [
      'a genuine one that is changed before it is sealed',
      async () => {
        await chain.write(1)
        await chain.connection.query(`UPDATE audit_entries SET facts = '{}' WHERE position IS NULL`)
      },
    ],
    [
      'one that is taken out of the end of the chain, changed, and left to be sealed again',
      () =>
        chain.connection.query(
          `UPDATE audit_entries SET position = NULL, facts = '{}' WHERE position = 6;
           INSERT INTO audit_entries (id, at, action, result, actor, facts) VALUES (UUID(), UTC_TIMESTAMP(3), 'LOGIN', 'SUCCESS', 'SERVICE', '{}');
           UPDATE audit_chain SET position = 5, seal = (SELECT seal FROM audit_entries WHERE position = 5)`,
        ),
    ],
  ])('gives no seal of genuine ones to %s, and is not stopped by it', async (_what, forge) => {
    await forge()
    await chain.write(1)
    await chain.seal()
    const { problem, waiting } = await chain.verify()
    expect(waiting.count).toBe(0)
    expect(problem?.text).toBe(NOT_GENUINE)
    expect([6, 7, 8]).toContain(problem?.position)
  })

  it('leaves an entry of a key that it does not know to a process that knows it', async () => {
    await chain.write(1, chain.other)
    await chain.seal(chain.one)
    expect((await chain.verify()).waiting.count).toBe(1)
    await chain.seal(chain.other)
    expect(await chain.verify(chain.other)).toMatchObject({ problem: null, entries: 7, waiting: { count: 0 } })
  })
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
    await chain.connection.query(tamper)
    const { problem } = await chain.verify()
    expect(problem?.position).toBe(position)
  })

  it('says that a key is missing, and needs the previous keys after a rotation', async () => {
    await chain.write(2, chain.other)
    await chain.seal(chain.other)
    expect((await chain.verify(chain.other)).problem).toBeNull()
    const { problem } = await chain.verify(chain.one)
    expect(problem).toMatchObject({
      position: 7,
      text: expect.stringMatching(/^The entry was sealed with a key that is/),
    })
  })

  it('shows that the end was removed together with the head only by a head that was noted elsewhere', async () => {
    const noted = (await chain.verify()).head
    expect((await chain.verify(chain.one, noted)).problem).toBeNull()
    await chain.connection.query(
      `DELETE FROM audit_entries WHERE position > 4;
       UPDATE audit_chain SET position = 4, seal = (SELECT seal FROM audit_entries WHERE position = 4)`,
    )
    expect((await chain.verify()).problem).toBeNull()
    expect((await chain.verify(chain.one, noted)).problem).toEqual({
      position: 5,
      text: 'The end is missing: the noted position is 6.',
    })
    // Other entries take the places of those that were removed.
    await chain.write(3)
    await chain.seal()
    expect((await chain.verify(chain.one, noted)).problem).toMatchObject({
      position: 6,
      text: 'The seal is not the one that was noted.',
    })
  })
})

it('is reported if a running instance sees that its end was removed', async () => {
  const lines: LogLine[] = []
  const env = { DATABASE_URL: chain.database.url, REDIS_URL: testRedisUrl(), AUDIT_KEY: FIRST_KEY, LOG_LEVEL: 'info' }
  const watching = await startInstance(env, { alone: true, onLine: (line) => lines.push(line) })
  try {
    await chain.write(1)
    await chain.seal(watching)
    const { position, seal: end } = (await chain.verify()).head
    expect(lines).toContainEqual(expect.objectContaining({ auditHead: `${position}:${end}` }))
    await chain.connection.query(
      `DELETE FROM audit_entries WHERE position > 5;
       UPDATE audit_chain SET position = 5, seal = (SELECT seal FROM audit_entries WHERE position = 5)`,
    )
    await chain.write(1)
    await chain.seal(watching)
    expect(lines).toContainEqual(expect.objectContaining({ securityEvent: 'audit_log_rolled_back' }))
  } finally {
    await watching.stop()
  }
})
