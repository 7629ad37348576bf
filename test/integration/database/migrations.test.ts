import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { cp, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyMigrations } from '@postern/service/database/migrations'
import { migrateDatabase } from '../../../src/app/operator-commands.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { readDataModel } from '../../support/prisma-schema.js'
import { tablesOf } from '../../support/tables.js'

const MIGRATIONS = new URL('../../../prisma/migrations/', import.meta.url)
const INITIAL = '20261122000000_initial'
const NAME_POLICY = '20261122100000_name_policy'
const ALL = readdirSync(MIGRATIONS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted()

let database: TestDatabase

beforeEach(async () => {
  database = await createTestDatabase({ migrate: false })
})
afterEach(() => database.drop())

const migrate = () => migrateDatabase({ DATABASE_URL: database.url, DATABASE_TIMEOUT: 10 })

async function migrateFrom(folder: string | URL) {
  const connection = await database.connect()
  const url = typeof folder === 'string' ? pathToFileURL(`${folder}/`) : folder
  return applyMigrations(connection, url).finally(() => connection.end())
}

/** A copy of the migrations that a test can change. */
async function copyOfMigrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-migrations-'))
  await cp(MIGRATIONS, folder, { recursive: true })
  return folder
}

describe('npm run migrate', () => {
  it('creates the tables of the Prisma data model, column by column and index by index', async () => {
    await migrate()
    const { _prisma_migrations: _, ...tables } = await tablesOf(database)
    expect(tables).toEqual(await readDataModel(new URL('../../../prisma/schema.prisma', import.meta.url)))
  })

  it('compares every key byte for byte', async () => {
    await migrate()
    const rows = await database.query<{ collation: string }>(
      `SELECT DISTINCT collation_name AS collation FROM information_schema.columns
       WHERE table_schema = DATABASE() AND table_name <> '_prisma_migrations' AND collation_name IS NOT NULL`,
    )
    expect(rows.map(({ collation }) => collation).toSorted()).toEqual(['ascii_bin', 'utf8mb4_bin'])
  })

  it("maintains Prisma's table of migrations, with its checksums", async () => {
    await migrate()
    const rows = await database.query<Record<string, unknown>>(
      'SELECT * FROM _prisma_migrations ORDER BY migration_name',
    )
    const records = ALL.map(async (migration_name) => {
      const file = await readFile(new URL(`${migration_name}/migration.sql`, MIGRATIONS))
      return { migration_name, checksum: createHash('sha256').update(file).digest('hex'), applied_steps_count: 1 }
    })
    expect(rows).toMatchObject(await Promise.all(records))
    expect(rows[0]).toMatchObject({ finished_at: expect.any(Date), rolled_back_at: null, logs: null })
    expect(Object.keys(rows[0] ?? {})).toEqual([
      ...['id', 'checksum', 'finished_at', 'migration_name', 'logs'],
      ...['rolled_back_at', 'started_at', 'applied_steps_count'],
    ])
  })

  it('applies each migration once if five processes start at the same time', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate()))
    expect(applied.flat()).toEqual(ALL)
  })

  it('is undone by down.sql, and can be applied again', async () => {
    await migrate()
    const before = await tablesOf(database)
    for (const name of ALL.toReversed())
      await database.query(await readFile(new URL(`${name}/down.sql`, MIGRATIONS), 'utf8'))
    expect(Object.keys(await tablesOf(database))).toEqual(['_prisma_migrations'])
    expect(await migrate()).toEqual(ALL)
    expect(await tablesOf(database)).toEqual(before)
  })

  it('records usernames from before the history, the current one as the newest', async () => {
    const folder = await copyOfMigrations()
    await rm(join(folder, NAME_POLICY), { recursive: true })
    await migrateFrom(folder)
    const [user, gone] = ['01900000-0000-7000-8000-000000000001', null]
    await database.query(
      `INSERT INTO users (id, email, email_key, created_at, updated_at) VALUES (?, 'a@b.co', 'a@b.co', '2026-01-02', '2026-03-04');
       INSERT INTO usernames (username_key, display, user_id, state) VALUES
         ('new', 'New', ?, 'OWNED'), ('old', 'old', ?, 'HELD'), ('left', 'left', ?, 'PROTECTED')`,
      [user, user, user, gone],
    )
    await migrate()
    const sql = 'SELECT display, claimed_at, released_at FROM username_history WHERE user_id = ? ORDER BY id'
    const claimed_at = new Date('2026-01-02')
    expect(await database.query(sql, [user])).toEqual([
      { display: 'old', claimed_at, released_at: expect.any(Date) },
      { display: 'New', claimed_at, released_at: null },
    ])
    await rm(folder, { recursive: true })
  })

  it('refuses to run if an applied file was changed', async () => {
    const folder = await copyOfMigrations()
    await migrateFrom(folder)
    await writeFile(join(folder, INITIAL, 'migration.sql'), 'SELECT 1;')
    await expect(migrateFrom(folder)).rejects.toThrow(/was changed after it was applied/)
    await rm(folder, { recursive: true })
  })

  it('stops at a failing migration, names it, and refuses to run until it is repaired', async () => {
    const folder = await copyOfMigrations()
    const broken = join(folder, '20991231000000_broken')
    await mkdir(broken)
    await writeFile(join(broken, 'migration.sql'), 'CREATE TABLE half (id INT); CREATE TABEL rest (id INT);')
    await expect(migrateFrom(folder)).rejects.toThrow(/20991231000000_broken failed/)
    await expect(migrateFrom(folder)).rejects.toThrow(/20991231000000_broken stopped halfway/)
    await rm(folder, { recursive: true })
  })
})
