import type { Connection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMysqlPool, type Pool } from '@postern/service/database/mysql'
import { createWithConnection } from '@postern/service/database/connections'
import { createMysqlTransaction, type MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createSignInRepository } from '../../../src/repositories/sessions/sign-ins.js'
import { LOGIN, type Account } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { lockWait } from '../../support/locks.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateMariadb, type PrivateServer } from '../../support/servers.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const input = ({ email, password }: Account) => ({ input: { email, password } })

/**
 * Locks the gap where the user's next session is inserted. A login stops there, in the middle of its transaction, after it
 * has changed the user's row.
 */
async function holdSessions(database: TestDatabase, { id }: Account): Promise<Connection> {
  const rival = await database.connect()
  await rival.query('START TRANSACTION; SELECT id FROM sessions WHERE user_id = ? FOR UPDATE', [id])
  return rival
}

async function traces(database: TestDatabase, { id }: Account) {
  const [user] = await database.query<{ last_login_at: Date | null }>('SELECT last_login_at FROM users WHERE id = ?', [
    id,
  ])
  return { sessions: await database.query('SELECT id FROM sessions WHERE user_id = ?', [id]), ...user }
}

const NO_TRACE = { sessions: [], last_login_at: null }

describe('the start of a session', () => {
  it('is repeated after a deadlock', async () => {
    const account = await service.register()
    const rival = await holdSessions(service.database, account)
    // The server rolls back the transaction that has written less.
    const names = Array.from({ length: 20 }, (_, i) => `('deadlock${i}', 'deadlock${i}', 'RETIRED')`)
    await rival.query(`INSERT INTO usernames (username_key, display, state) VALUES ${names.join(',')}`)
    const login = service.graphql(LOGIN, input(account))
    await lockWait(service.database)
    // The login holds this row and waits for the gap. Only its rollback releases the row.
    await rival.query('UPDATE users SET city = NULL WHERE id = ?', [account.id])
    expect((await traces(service.database, account)).sessions).toEqual([])
    await rival.query('COMMIT')
    await rival.end()
    expect((await login).code).toBeUndefined()
    expect((await traces(service.database, account)).sessions).toHaveLength(1)
  })

  it('leaves nothing behind if its connection is killed halfway', async () => {
    const account = await service.register()
    const rival = await holdSessions(service.database, account)
    const login = service.graphql(LOGIN, input(account))
    await lockWait(service.database)
    const [{ id } = { id: 0 }] = await service.database.query<{ id: number }>(
      `SELECT p.id FROM information_schema.innodb_trx t JOIN information_schema.processlist p
       ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`,
    )
    await service.database.query(`KILL ${id}`)
    expect((await login).code).toBe('SERVICE_UNAVAILABLE')
    await rival.query('ROLLBACK')
    await rival.end()
    expect(await traces(service.database, account)).toEqual(NO_TRACE)
    await service.login(account)
  })
})

describe('at the limit of sessions per user', () => {
  let few: Instance

  beforeAll(async () => {
    few = await startInstance({
      ...{ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), SESSIONS_PER_USER: '3' },
    })
  })
  afterAll(() => few.stop())

  const activeSessions = ({ id }: Account) =>
    service.database.query<{ id: string }>(
      'SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL ORDER BY id',
      [id],
    )

  it('two sign-ins at once end two sessions, each with one revocation', async () => {
    const account = await few.register()
    for (let i = 0; i < 3; i++) await few.login(account)
    const [first, second, third] = await activeSessions(account)
    // Both logins want to end the oldest session, and neither can until it is unlocked.
    const rival = await service.database.connect()
    await rival.query('START TRANSACTION; SELECT id FROM sessions WHERE id = ? FOR UPDATE', [first?.id])
    const logins = [few.login(account), few.login(account)]
    await lockWait(service.database, 2)
    await rival.query('ROLLBACK')
    await rival.end()
    await Promise.all(logins)
    const left = await activeSessions(account)
    expect(left).toHaveLength(3)
    expect(left[0]).toEqual(third)
    const ended = await service.database.query('SELECT sid AS id FROM revocations WHERE sub = ? ORDER BY sid', [
      account.id,
    ])
    expect(ended).toEqual([first, second])
  })

  it('a sign-in also ends extra sessions that a crashed process left behind', async () => {
    const account = await service.register()
    // This instance allows more sessions than `few`.
    for (let i = 0; i < 5; i++) await service.login(account)
    await few.login(account)
    expect(await activeSessions(account)).toHaveLength(3)
  })
})

describe('a transaction through mysql2', () => {
  let pool: Pool
  let transaction: MysqlTransaction

  beforeAll(() => {
    pool = createMysqlPool(service.database.server, { poolSize: 1, timeout: 5 })
    transaction = createMysqlTransaction(createWithConnection(pool, { timeout: 5 }))
  })
  afterAll(() => pool.end())

  const cityOf = async ({ id }: Account) => {
    const [user] = await service.database.query<{ city: string | null }>('SELECT city FROM users WHERE id = ?', [id])
    return user?.city
  }
  const MOVE = 'UPDATE users SET city = ? WHERE id = ?'

  it('uses READ COMMITTED', async () => {
    // MariaDB 10 and MySQL 8 name it differently.
    const rows = await transaction((tx) =>
      tx.select<{ Value: string }>(
        `SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')`,
        [],
      ),
    )
    expect(new Set(rows.map(({ Value }) => Value))).toEqual(new Set(['READ-COMMITTED']))
  })

  it("is an outage and changes nothing if it can't be committed", async () => {
    const account = await service.register()
    const outcome = transaction(async (tx) => {
      await tx.write(MOVE, ['Delft', account.id])
      const [row] = await tx.select<{ id: number }>('SELECT CONNECTION_ID() AS id', [])
      await service.database.query(`KILL ${row?.id}`)
    })
    await expect(outcome).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await cityOf(account)).toBeNull()
    await transaction((tx) => tx.write(MOVE, ['Delft', account.id]))
    expect(await cityOf(account)).toBe('Delft')
  })

  it('leaves nothing on its connection to the next one if its work fails', async () => {
    const account = await service.register()
    const outcome = transaction(async (tx) => {
      await tx.write(MOVE, ['Delft', account.id])
      throw new Error('no')
    })
    await expect(outcome).rejects.toThrow('no')
    await transaction((tx) => tx.select('SELECT 1', []))
    expect(await cityOf(account)).toBeNull()
  })

  it('accepts two sign-ins in one millisecond, although the second changes nothing in the row of the user', async () => {
    const { id } = await service.register()
    const signIns = createSignInRepository(transaction)
    const now = new Date()
    const later = new Date(now.getTime() + 60_000)
    const start = (n: number) =>
      signIns.insert(
        { id, generation: 1 },
        {
          ...{
            id: `01a20128-2e38-75f8-986e-00000000000${n}`,
            lastJti: id,
            refreshSeed: Buffer.alloc(32, n),
            now,
            authTime: now,
          },
          ...{
            ipAddress: null,
            userAgent: null,
            dpopKey: null,
            amr: ['pwd'],
            expiresAt: later,
            absoluteExpiresAt: later,
          },
        },
        { events: 0, record: () => Promise.resolve() },
      )
    expect(await start(1)).toMatchObject({ sessionCount: 1, user: { id, lastLoginAt: now } })
    expect(await start(2)).toMatchObject({ sessionCount: 2, user: { id, lastLoginAt: now } })
  })
})

describe('a MariaDB that freezes during a sign-in', () => {
  let mariadb: PrivateServer
  let database: TestDatabase
  let instance: Instance

  beforeAll(async () => {
    mariadb = await privateMariadb()
    database = await createTestDatabase({ server: mariadb.url })
    instance = await startInstance({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '1' })
  })
  afterAll(async () => {
    await instance.stop()
    await mariadb.remove()
  })

  it('answers SERVICE_UNAVAILABLE within the timeout and leaves no partial session', async () => {
    const account = await instance.register()
    const rival = await holdSessions(database, account)
    const login = instance.graphql(LOGIN, input(account))
    await lockWait(database)
    mariadb.freeze()
    try {
      const before = performance.now()
      expect((await login).code).toBe('SERVICE_UNAVAILABLE')
      expect(performance.now() - before).toBeLessThan(2000)
    } finally {
      mariadb.thaw()
    }
    await rival.query('ROLLBACK')
    await rival.end()
    const open = `SELECT 1 FROM information_schema.innodb_trx`
    await until('the server has rolled back', async () => (await database.query(open)).length === 0, { every: 150 })
    expect(await traces(database, account)).toEqual(NO_TRACE)
    await until('the service is healthy again', async () => (await instance.graphql(LOGIN, input(account))).data)
  })
})
