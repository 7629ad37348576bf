import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMysqlPool } from '@postern/service/database/mysql'
import { createWithConnection } from '@postern/service/database/connections'
import { createMysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase({ migrate: false })
  await database.query('CREATE TABLE items (id INT PRIMARY KEY)')
})
afterAll(() => database.drop())

/** A proxy that makes the server refuse one of the statements that prepare a connection. */
async function refusing(text: string) {
  const server = createServer((client) => {
    const { hostname, port } = new URL(database.url)
    const upstream = connect(Number(port), hostname)
    const misspelled = text.slice(0, -1) + '?'
    client.on('data', (data) =>
      upstream.write(Buffer.from(data.toString('latin1').replace(text, misspelled), 'latin1')),
    )
    upstream.pipe(client)
    for (const socket of [client, upstream])
      socket.on('error', () => undefined).on('close', () => [client, upstream].forEach((each) => each.destroy()))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

it.each(['SET SESSION autocommit = 0', 'READ COMMITTED'])(
  'a connection that was refused %s writes nothing',
  async (text) => {
    const proxy = await refusing(text)
    const options = { poolSize: 2, timeout: 10, autocommit: false }
    const pool = createMysqlPool({ ...database.server, host: '127.0.0.1', port: proxy.port }, options)
    const transaction = createMysqlTransaction(createWithConnection(pool, options), options)
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map((id) => transaction((tx) => tx.write('INSERT INTO items VALUES (?)', [id]))),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await database.query('SELECT id FROM items')).toEqual([])
    await pool.end()
    proxy.close()
  },
)
