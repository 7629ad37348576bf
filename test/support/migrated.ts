import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { applyMigrations } from '../../packages/service/src/database/migrations.js'

/** Of the migrations, and of the server, because each writes its own SQL. */
async function keyOf(connection: Connection, folder: URL): Promise<string> {
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version')
  const hash = createHash('sha256').update(String(server?.['version']))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sql'))
  for (const name of files.toSorted()) hash.update(`\0${name}\0`).update(readFileSync(new URL(name, folder)))
  return hash.digest('hex').slice(0, 16)
}

/** All tables of a database, with their rows, as SQL. */
async function dump(connection: Connection): Promise<string> {
  const [tables] = await connection.query<RowDataPacket[][]>({ sql: 'SHOW TABLES', rowsAsArray: true })
  const statements = ['SET foreign_key_checks = 0']
  for (const [name] of tables as unknown as [string][]) {
    const [[created]] = await connection.query<RowDataPacket[]>('SHOW CREATE TABLE ??', [name])
    statements.push(String(created?.['Create Table']))
    const [rows] = await connection.query<RowDataPacket[][]>({ sql: `SELECT * FROM \`${name}\``, rowsAsArray: true })
    if (rows.length > 0) statements.push(connection.format('INSERT INTO ?? VALUES ?', [name, rows]))
  }
  return [...statements, 'SET foreign_key_checks = 1'].join(';\n')
}

/**
 * Brings an empty database up to date. The first caller of a run applies the migrations in `folder`; for the others, the tables
 * that resulted are made at once, which takes a fraction of the time.
 */
export async function makeMigrated(connection: Connection, folder: URL): Promise<void> {
  const file = join(tmpdir(), `postern-migrated-${await keyOf(connection, folder)}.sql`)
  if (existsSync(file)) {
    await connection.query(readFileSync(file, 'utf8'))
    return
  }
  await applyMigrations(connection, folder)
  const draft = `${file}.${randomUUID()}`
  writeFileSync(draft, await dump(connection))
  renameSync(draft, file)
}
