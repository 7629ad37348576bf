import { expect, it } from 'vitest'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { AuditRepository, NewEntry, SaltedDetails } from '../../../src/repositories/audit/entries.js'
import { createAuditKeys, createRefusals, unknownActor } from '../../../src/services/audit/index.js'

/** The refusals of one process, with a database that keeps what is written, or is down. */
function start() {
  const written: (NewEntry & { details: SaltedDetails | null })[] = []
  const state = { isDown: false, now: 0 }
  const entries = {
    lockExisting: (_tx: unknown, accountIds: string[]) => Promise.resolve(new Set(accountIds)),
    insert(_tx: unknown, entry: NewEntry, details: SaltedDetails | null) {
      written.push({ ...entry, details })
      return Promise.resolve()
    },
  }
  const transaction = (work: (tx: unknown) => Promise<unknown>) =>
    state.isDown ? Promise.reject(new Error('down')) : work(null)
  const refusals = createRefusals({
    entries: entries as unknown as AuditRepository,
    transaction: transaction as unknown as MysqlTransaction,
    keys: createAuditKeys('k'.repeat(32), []),
    monotonic: () => state.now,
  })
  const fail = (accountId: string | null, name: string, ipAddress = '192.0.2.1') =>
    refusals.note(
      {
        action: 'LOGIN',
        result: 'FAILURE',
        accountId,
        actor: unknownActor({ ipAddress, userAgent: null, requestId: null }),
      },
      name,
    )
  const times = () => written.map(({ facts }) => (JSON.parse(facts) as { times: string }).times)
  return { refusals, written, state, fail, times }
}

it('writes the first failure of an account at once, and the others of a minute together', async () => {
  const { refusals, state, fail, times } = start()
  fail('a', 'ada')
  await refusals.flush()
  for (let i = 0; i < 1000; i++) fail('a', 'ada')
  await refusals.flush()
  expect(times()).toEqual(['1'])
  state.now = 59_999
  await refusals.flush()
  expect(times()).toEqual(['1'])
  state.now = 60_000
  await refusals.flush()
  await refusals.flush()
  expect(times()).toEqual(['1', '1000'])
})

it('tells accounts, names, results and addresses apart', async () => {
  const { refusals, fail, times } = start()
  fail('a', 'ada')
  fail('b', 'ada')
  fail(null, 'ada')
  fail(null, 'eve')
  fail('a', 'ada', '192.0.2.2')
  fail('a', 'ada')
  await refusals.flush()
  expect(times()).toEqual(['2', '1', '1', '1', '1'])
})

it('turns a flood of names into a bounded number of entries', async () => {
  const { refusals, state, fail, written, times } = start()
  for (let i = 0; i < 20_000; i++) fail(null, `name-${i}`)
  for (let second = 0; second < 10; second++) await refusals.flush()
  expect(written).toHaveLength(1001)
  expect(times().reduce((sum, text) => sum + Number(text), 0)).toBe(20_000)
  const others = written.at(-1)!
  expect(others).toMatchObject({ accountId: null, details: null, facts: '{"others":"true","times":"19000"}' })
  // The memory is free for other names a minute later.
  state.now = 60_000
  await refusals.flush()
  fail(null, 'another name')
  await refusals.flush()
  expect(written).toHaveLength(1002)
  expect(written.at(-1)!.details?.nameMac).toMatch(/^[\da-f]{64}$/)
})

it('keeps what could not be written, and writes everything when the process ends', async () => {
  const { refusals, state, fail, times } = start()
  fail('a', 'ada')
  state.isDown = true
  await expect(refusals.flush()).rejects.toThrow('down')
  fail('a', 'ada')
  state.isDown = false
  await refusals.flush()
  fail('a', 'ada')
  await refusals.flush(true)
  expect(times()).toEqual(['2', '1'])
})
