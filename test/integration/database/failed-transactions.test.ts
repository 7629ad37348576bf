import { createPool, type Connection } from 'mysql2/promise'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DatabaseServer } from '@postern/service/database/server'
import { createMysqlPool } from '@postern/service/database/mysql'
import { createWithConnection } from '@postern/service/database/connections'
import { createMysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createWrite } from '@postern/service/database/writes'
import { createPrisma } from '../../../src/clients/prisma.js'
import { createTransactions } from '../../../src/repositories/database/transactions.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { lockWait } from '../../support/locks.js'
import { privateMariadb, type PrivateServer } from '../../support/servers.js'

type Write = (sql: string) => Promise<unknown>
type Run = <T>(work: (write: Write) => Promise<T>) => Promise<T>

const OPTIONS = { poolSize: 2, timeout: 30 }

/** All wrappers, as functions that run SQL. */
const WRAPPERS: Record<string, (server: DatabaseServer) => { run: Run; close: () => Promise<unknown> }> = {
  Prisma(server) {
    const prisma = createPrisma(server, OPTIONS)
    const transactions = createTransactions(() => Promise.resolve(prisma), OPTIONS)
    return {
      run: (work) => transactions.run((tx) => work((sql) => tx.$executeRawUnsafe(sql))),
      close: () => prisma.$disconnect(),
    }
  },
  mysql2(server) {
    const pool = createMysqlPool(server, OPTIONS)
    const transaction = createMysqlTransaction(createWithConnection(pool, OPTIONS))
    return { run: (work) => transaction((tx) => work((sql) => tx.write(sql, []))), close: () => pool.end() }
  },
  'mysql2 without autocommit'(server) {
    const pool = createMysqlPool(server, { ...OPTIONS, autocommit: false })
    const transaction = createMysqlTransaction(createWithConnection(pool, OPTIONS), { autocommit: false })
    return { run: (work) => transaction((tx) => work((sql) => tx.write(sql, []))), close: () => pool.end() }
  },
  'statements of Prisma'(server) {
    const prisma = createPrisma(server, OPTIONS)
    const transactions = createTransactions(() => Promise.resolve(prisma), OPTIONS)
    return {
      run: (work) => transactions.run((tx) => work((sql) => tx.write(sql, []))),
      close: () => prisma.$disconnect(),
    }
  },
}

let server: PrivateServer
let database: TestDatabase

beforeAll(async () => {
  server = await privateMariadb(['--innodb-snapshot-isolation=ON', '--innodb-lock-wait-timeout=1'])
  database = await createTestDatabase({ server: server.url, migrate: false })
  await database.query('CREATE TABLE items (id INT PRIMARY KEY, value INT NOT NULL)')
})
afterAll(() => server.remove())

beforeEach(async () => {
  await database.query('DELETE FROM items')
  await database.query('INSERT INTO items VALUES (1, 0), (2, 0)')
})

const add = (id: number) => `INSERT INTO items VALUES (${id}, 0)`
const set = (id: number) => `UPDATE items SET value = value + 1 WHERE id = ${id}`
const ids = async () => (await database.query<{ id: number }>('SELECT id FROM items ORDER BY id')).map(({ id }) => id)

/** What a careless callback does: it takes the failure for harmless. */
const ignored = (statement: Promise<unknown>) => statement.catch(() => undefined)

let rivals: Connection[] = []
afterEach(async () => {
  for (const connection of rivals) await connection.query('ROLLBACK').then(() => connection.end())
  rivals = []
})

/** Another transaction, which has locked row 2 and has more to lose than the one under test. */
async function rival() {
  const connection = await database.connect()
  rivals.push(connection)
  await connection.query(`BEGIN; ${set(2)}`)
  for (let id = 100; id < 120; id++) await connection.query(add(id))
  return connection
}

describe.each(Object.keys(WRAPPERS))('a transaction through %s', (name) => {
  let wrapper: ReturnType<(typeof WRAPPERS)[string]>
  beforeAll(() => {
    wrapper = WRAPPERS[name]!(database.server)
  })
  afterAll(() => wrapper.close())

  it('is repeated as a whole after a deadlock, and keeps no write that followed it', async () => {
    const other = await rival()
    let attempt = 0
    await wrapper.run(async (write) => {
      if (++attempt > 1) return write(add(5))
      await write(add(3))
      await write(set(1))
      const blocked = other.query(set(1))
      await lockWait(database)
      await ignored(write(set(2)))
      await ignored(write(add(4)))
      await blocked
      return null
    })
    expect({ attempt, ids: await ids() }).toEqual({ attempt: 2, ids: [1, 2, 5] })
  })

  it('keeps nothing after a lock wait timeout, although the callback ignored it, and rejects', async () => {
    await rival()
    const running = wrapper.run(async (write) => {
      await write(add(3))
      await ignored(write(set(2)))
      await ignored(write(add(4)))
      return 'done'
    })
    await expect(running).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await ids()).toEqual([1, 2])
  })

  it('refuses every statement after a failed one, and keeps none that was sent together with it', async () => {
    const outcomes: string[] = []
    const running = wrapper.run(async (write) => {
      await write(add(3))
      await Promise.allSettled([write(add(1)), write(add(4)), write(set(1))])
      for (const sql of [add(5), set(2)])
        outcomes.push(
          await write(sql).then(
            () => 'written',
            () => 'refused',
          ),
        )
    })
    await expect(running).rejects.toThrow()
    expect(outcomes).toEqual(['refused', 'refused'])
    expect(await database.query('SELECT id, value FROM items ORDER BY id')).toEqual([
      { id: 1, value: 0 },
      { id: 2, value: 0 },
    ])
  })

  it('leaves its connection usable for the next transaction', async () => {
    for (let i = 0; i < 2 * OPTIONS.poolSize; i++) await expect(wrapper.run((write) => write(add(1)))).rejects.toThrow()
    await wrapper.run((write) => write(add(3)))
    expect(await ids()).toEqual([1, 2, 3])
  })

  it('is repeated after error 1020, and rejects if that does not help', async () => {
    let attempts = 0
    await wrapper.run(async (write) => {
      if (++attempts < 3) await write("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020")
      await write(add(3))
    })
    expect(attempts).toBe(3)
    const hopeless = wrapper.run((write) => write("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1020"))
    await expect(hopeless).rejects.toThrow()
    expect(await ids()).toEqual([1, 2, 3])
  })
})

it('a single write is repeated after a deadlock, and commits itself', async () => {
  const pool = createMysqlPool(database.server, OPTIONS)
  const other = await rival()
  const writing = createWrite(createWithConnection(pool, OPTIONS))(
    'UPDATE items SET value = value + 1 WHERE id IN (?, ?) ORDER BY id',
    [1, 2],
  )
  await lockWait(database)
  await other.query(set(1))
  await other.query('COMMIT')
  expect(await writing).toBe(2)
  await pool.end()
  expect(await database.query('SELECT id, value FROM items WHERE id < 3 ORDER BY id')).toEqual([
    { id: 1, value: 2 },
    { id: 2, value: 2 },
  ])
})

it('a row that changed under REPEATABLE READ is read and written again', async () => {
  const pool = createPool({ uri: database.url })
  pool.pool.on('connection', (connection) => {
    connection.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
  })
  let attempts = 0
  await createMysqlTransaction(createWithConnection(pool, OPTIONS))(async (tx) => {
    attempts += 1
    await tx.select('SELECT value FROM items WHERE id = 1', [])
    if (attempts === 1) await database.query(set(1))
    await tx.write(set(1), [])
  })
  await pool.end()
  expect(attempts).toBe(2)
  expect(await database.query('SELECT value FROM items WHERE id = 1')).toEqual([{ value: 2 }])
})

it('the time that Prisma takes to load is not taken from the first transaction', async () => {
  const timeout = 0.5
  const prisma = createPrisma(database.server, OPTIONS)
  const loadSlowly = () => new Promise<typeof prisma>((resolve) => setTimeout(resolve, 2 * timeout * 1000, prisma))
  await createTransactions(loadSlowly, { timeout }).run((tx) => tx.write(add(3), []))
  await prisma.$disconnect()
  expect(await ids()).toEqual([1, 2, 3])
})
