import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMysqlPool } from '@postern/service/database/mysql'
import { createWithConnection, type WithConnection } from '@postern/service/database/connections'
import { createMysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createRead } from '@postern/service/database/reads'
import { createWrite } from '@postern/service/database/writes'
import { unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { until } from '../../support/wait.js'

const OPTIONS = { poolSize: 2, timeout: 30 }

let database: TestDatabase
let pool: ReturnType<typeof createMysqlPool>
let withConnection: WithConnection

beforeAll(async () => {
  database = await createTestDatabase({ migrate: false })
  pool = createMysqlPool(database.server, OPTIONS)
  withConnection = createWithConnection(pool, OPTIONS)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** Ends the connection on which a statement with this text runs, as a server that stops does. */
async function killStatement(text: string, earlier: number[] = []): Promise<number> {
  const running = `SELECT id FROM information_schema.processlist
    WHERE info LIKE '%${text}%' AND info NOT LIKE '%processlist%' AND id NOT IN (0 ${earlier.map((id) => `, ${id}`).join('')})`
  const [{ id }] = await until('the statement runs', async () => {
    const rows = await database.query<{ id: number }>(running)
    return rows.length > 0 ? (rows as [{ id: number }]) : null
  })
  await database.query(`KILL ${id}`)
  return Number(id)
}

it('a read whose connection is lost is repeated once, on another connection', async () => {
  const read = createRead(withConnection)
  const text = unique()
  const holder = await database.connect()
  await holder.query('SELECT GET_LOCK(?, 0)', [text])
  const reading = read<{ id: number }>(`SELECT '${text}' AS text, CONNECTION_ID() AS id, GET_LOCK('${text}', 60)`, [])
  const killed = await killStatement(text)
  await holder.end()
  const [row] = await reading
  expect(row).toMatchObject({ text })
  expect(Number(row?.id)).not.toBe(killed)
})

it('a read that loses its connection again fails', async () => {
  const read = createRead(withConnection)
  const text = unique()
  const reading = read(`SELECT '${text}', SLEEP(60)`, []).catch((error: unknown) => error)
  const first = await killStatement(text)
  await killStatement(text, [first])
  expect(await reading).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})

it('a transaction whose connection is lost is not repeated: it may be committed', async () => {
  let times = 0
  const text = unique()
  const writing = createMysqlTransaction(withConnection)(async (tx) => {
    times += 1
    await tx.select(`SELECT '${text}', SLEEP(60)`, [])
  }).catch((error: unknown) => error)
  await killStatement(text)
  expect(await writing).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(times).toBe(1)
})

it('a single write whose connection is lost is not repeated: it may be committed', async () => {
  await database.query('CREATE TABLE written (id INT PRIMARY KEY, text VARCHAR(100))')
  await database.query("INSERT INTO written VALUES (1, '')")
  const text = unique()
  const writing = createWrite(withConnection)(
    `UPDATE written SET text = '${text}' WHERE id = 1 AND SLEEP(60) = 0`,
    [],
  ).catch((error: unknown) => error)
  await killStatement(text)
  expect(await writing).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(await database.query('SELECT text FROM written')).toEqual([{ text: '' }])
})
