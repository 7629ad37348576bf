import { randomBytes } from 'node:crypto'
import { createConnection, type Connection } from 'mysql2/promise'
import type { DatabaseServer } from '@postern/service/database/server'
import { databaseServer } from '../../src/config/index.js'
import { MIGRATIONS } from '../../src/app/migrations.js'
import { makeMigrated } from './migrated.js'

/** A database on the shared server that belongs to one test file. */
export interface TestDatabase {
  url: string
  /** The same, as the clients in `src` take it. */
  server: DatabaseServer
  /** Opens a connection that allows several statements per query, to inspect data and to hold locks. */
  connect(): Promise<Connection>
  /** Runs one statement and returns its rows. */
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>
  drop(): Promise<void>
}

const serverUrl = () => {
  const url = process.env['TEST_DATABASE_URL']
  if (!url) throw new Error('TEST_DATABASE_URL is not set: run the tests with npm test')
  return new URL(url)
}

const connectTo = (url: URL): Promise<Connection> =>
  createConnection({ uri: url.toString(), timezone: 'Z', multipleStatements: true })

interface Options {
  migrate?: boolean
  server?: string
  /** The folder of the migrations: by default those of Postern. */
  migrations?: URL
}

/** Creates a database with, by default, the tables of the migrations. */
export async function createTestDatabase(options: Options = {}): Promise<TestDatabase> {
  const url = options.server ? new URL(options.server) : serverUrl()
  url.pathname = ''
  const admin = await connectTo(url)
  const name = `postern_test_${randomBytes(8).toString('hex')}`
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
  url.pathname = `/${name}`
  await admin.query(`USE ${name}`)
  if (options.migrate !== false) await makeMigrated(admin, options.migrations ?? MIGRATIONS)
  admin.on('error', () => undefined)

  return {
    url: url.toString(),
    server: databaseServer({ DATABASE_URL: url.toString() }),
    connect: () => connectTo(url),
    async query<Row>(sql: string, values: unknown[] = []) {
      const connection = await connectTo(url)
      const run = async (attempt = 1): Promise<unknown> => {
        try {
          return (await connection.query(sql, values))[0]
        } catch (error) {
          // The jobs of the service write, too.
          if ((error as { code?: string }).code !== 'ER_LOCK_DEADLOCK' || attempt === 5) throw error
          return run(attempt + 1)
        }
      }
      return (await run().finally(() => connection.end())) as Row[]
    },
    async drop() {
      await admin.query(`DROP DATABASE ${name}`)
      await admin.end()
    },
  }
}
