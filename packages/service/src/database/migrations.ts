// Applies the migrations of a service, compatibly with `prisma migrate deploy`.
import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { type Connection, readServerState } from './mysql.js'

/** The same table as Prisma's, so that both tools can continue each other's work. */
const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         DATETIME(3),
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      DATETIME(3),
  started_at          DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`

/** Prisma's own advisory lock, so that the two tools exclude each other. */
const LOCK = 'prisma_migrate'
const LOCK_WAIT_SECONDS = 60

const STATE_TIMEOUT_SECONDS = 10

/** MySQL's error number. */
const NO_SUCH_TABLE = 1146

interface Migration {
  name: string
  sql: string
  /** SHA-256 of the file, as Prisma computes it. */
  checksum: string
}

interface AppliedMigration {
  migration_name: string
  checksum: string
  finished_at: Date | null
}

/** Its message is for an operator. */
class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const file = await readFile(new URL(`${name}/migration.sql`, folder))
      return { name, sql: file.toString('utf8'), checksum: createHash('sha256').update(file).digest('hex') }
    }),
  )
}

/**
 * Applies the missing ones of the migrations in `folder`, which ends with a slash, in order, under an advisory lock, and records them as Prisma does. `connection` must allow
 * multiple statements. Returns the names of those it applied. Throws a {@link MigrationError} if a file was changed after
 * it was applied, if the server is read-only, or if an earlier run stopped in the middle of one: MySQL can't roll back DDL,
 * so a person must look.
 */
export async function applyMigrations(connection: Connection, folder: URL): Promise<string[]> {
  const migrations = await readMigrations(folder)
  await refuseReadOnly(connection)
  const [locked] = await connection.query(`SELECT GET_LOCK('${LOCK}', ${LOCK_WAIT_SECONDS}) AS held`)
  if ((locked as { held: number }[])[0]?.held !== 1)
    throw new MigrationError(`Another migration has been running for over ${LOCK_WAIT_SECONDS} seconds; try again.`)
  try {
    await connection.query(BOOKKEEPING)
    const applied = await readApplied(connection)
    const missing = migrations.filter((migration) => !isApplied(migration, applied.get(migration.name)))
    for (const migration of missing) {
      await refuseReadOnly(connection)
      await apply(connection, migration)
    }
    return missing.map(({ name }) => name)
  } finally {
    await connection.query(`SELECT RELEASE_LOCK('${LOCK}')`)
  }
}

/** How a database differs from the migrations of this version. */
interface Comparison {
  missing: string[]
  /** Applied by a newer version. */
  unknown: string[]
  /** What a person must repair. Null if nothing. */
  broken: string | null
}

/** Compares it with the migrations in `folder`. Changes nothing. */
export async function compareMigrations(connection: Connection, folder: URL): Promise<Comparison> {
  const migrations = await readMigrations(folder)
  const applied = await readApplied(connection).catch((error: unknown) => {
    if ((error as { errno?: number }).errno === NO_SUCH_TABLE) return new Map<string, AppliedMigration>()
    throw error
  })
  const known = new Set(migrations.map(({ name }) => name))
  let broken: string | null = null
  const missing = migrations.filter((migration) => {
    try {
      return !isApplied(migration, applied.get(migration.name))
    } catch (error) {
      broken = (error as Error).message
      return false
    }
  })
  return {
    missing: missing.map(({ name }) => name),
    unknown: [...applied.keys()].filter((name) => !known.has(name)),
    broken,
  }
}

async function readApplied(connection: Connection): Promise<Map<string, AppliedMigration>> {
  const [rows] = await connection.query(
    'SELECT migration_name, checksum, finished_at FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  )
  return new Map((rows as AppliedMigration[]).map((row) => [row.migration_name, row]))
}

/** A demoted primary still executes the DDL of a privileged account, and then no replica can follow it any more. */
async function refuseReadOnly(connection: Connection): Promise<void> {
  const { readOnly } = await readServerState(connection, { timeout: STATE_TIMEOUT_SECONDS })
  if (readOnly)
    throw new MigrationError('The database server is read-only. The URL of the database must lead to the primary.')
}

function isApplied(migration: Migration, row: AppliedMigration | undefined): boolean {
  if (!row) return false
  if (row.finished_at === null)
    throw new MigrationError(
      `Migration ${migration.name} stopped halfway. Repair the database, then delete its row from _prisma_migrations.`,
    )
  if (row.checksum !== migration.checksum)
    throw new MigrationError(`Migration ${migration.name} was changed after it was applied. Restore the file.`)
  return true
}

async function apply(connection: Connection, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID()
  await connection.execute('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES (?, ?, ?)', [
    ...[id, checksum, name],
  ])
  try {
    await connection.query(sql)
  } catch (error) {
    await connection.execute('UPDATE _prisma_migrations SET logs = ? WHERE id = ?', [String(error), id])
    throw new MigrationError(`Migration ${name} failed: ${String(error)}`, { cause: error })
  }
  await connection.execute(
    'UPDATE _prisma_migrations SET finished_at = CURRENT_TIMESTAMP(3), applied_steps_count = 1 WHERE id = ?',
    [id],
  )
}
