// Checks the database: access, version, TLS, clock and migrations.
import { type Connection, openMysqlConnection } from '@postern/service/database/mysql'
import type { DatabaseServer } from '@postern/service/database/server'
import { MAX_CLOCK_OFFSET_MS, readClockOffset } from '@postern/service/database/database-clock'
import { compareMigrations } from '@postern/service/database/migrations'
import { type Config, databaseServer } from '../../config/index.js'
import { MIGRATIONS } from '../migrations.js'
import { databaseProblem } from '../server-access.js'
import { type Finding, ok, problem, warning } from './finding.js'
import { isLoopback } from './tls.js'

/** The clocks drift apart slowly. At this offset there is time to act. */
const SUSPICIOUS_OFFSET_MS = 1000

/** The oldest versions that the tests run on. */
const OLDEST = { MariaDB: [10, 11], MySQL: [8, 4] } as const

export async function checkDatabase(config: Config): Promise<Finding[]> {
  const inaccessible = await databaseProblem(config)
  if (inaccessible)
    return [problem('Database', inaccessible, 'Check DATABASE_URL, and that the server runs and is the primary.')]
  try {
    const server = databaseServer(config)
    const connection = await openMysqlConnection(server, { timeout: config.DATABASE_TIMEOUT })
    try {
      return [
        await checkVersion(connection),
        await checkTls(connection, server),
        await checkClock(connection),
        ...(await checkMigrations(connection)),
      ]
    } finally {
      await connection.end()
    }
  } catch (error) {
    return [problem('Database', `It stopped responding: ${(error as Error).message}`, 'Run doctor again.')]
  }
}

async function firstRow(connection: Connection, sql: string): Promise<Record<string, string> | undefined> {
  const [rows] = await connection.query(sql)
  return (rows as Record<string, string>[])[0]
}

async function checkVersion(connection: Connection): Promise<Finding> {
  const version = (await firstRow(connection, 'SELECT VERSION() AS version'))?.['version'] ?? ''
  const product = version.includes('MariaDB') ? 'MariaDB' : 'MySQL'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST[product]
  const text = `${product} ${version.split('-')[0]}`
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('Database', text)
  const needed = `${product} ${oldestMajor}.${oldestMinor}`
  return warning('Database', `${text} is older than what Postern is tested with.`, `Update to ${needed} or later.`)
}

async function checkTls(connection: Connection, server: DatabaseServer): Promise<Finding> {
  const cipher = (await firstRow(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'"))?.['Value'] ?? ''
  if (cipher !== '') return ok('Database TLS', cipher)
  if (server.socketPath !== undefined || isLoopback(server.host))
    return ok('Database TLS', 'none; the connection stays on this machine')
  return warning('Database TLS', 'The connection is not encrypted.', 'Add ?ssl-mode=VERIFY_IDENTITY to DATABASE_URL.')
}

async function checkClock(connection: Connection): Promise<Finding> {
  const offset = await readClockOffset(connection)
  const text = `${(Math.abs(offset) / 1000).toFixed(1)} s ${offset < 0 ? 'behind' : 'ahead of'} the database's`
  const advice = 'Synchronize the clocks of both machines (NTP).'
  if (Math.abs(offset) > MAX_CLOCK_OFFSET_MS)
    return problem('Clock', `${text}; at most ${MAX_CLOCK_OFFSET_MS / 1000} s are allowed`, advice)
  return Math.abs(offset) > SUSPICIOUS_OFFSET_MS ? warning('Clock', text, advice) : ok('Clock', text)
}

async function checkMigrations(connection: Connection): Promise<Finding[]> {
  const { missing, unknown, broken } = await compareMigrations(connection, MIGRATIONS)
  const findings: Finding[] = []
  if (broken) findings.push(problem('Migrations', broken, 'docs/migrations.md says how to continue.'))
  if (missing.length > 0)
    findings.push(problem('Migrations', `Missing: ${missing.join(', ')}`, 'Run: npm run migrate, or: postern migrate'))
  if (unknown.length > 0)
    findings.push(
      warning('Migrations', `The database is newer than this version: ${unknown.join(', ')}`, 'Run the newer version.'),
    )
  return findings.length > 0 ? findings : [ok('Migrations', 'The database is up to date.')]
}
