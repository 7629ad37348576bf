// Checks at the start that the servers accept the configured URLs and passwords.
import { openMysqlConnection, readServerState } from '../clients/mysql.js'
import { type DatabaseAccess, databaseServer, type RedisAccess } from '../config/index.js'
import { redisProblems } from './redis-access.js'

/** The servers to check. Redis is checked only if its URLs are given. */
export interface ServerUrls extends DatabaseAccess, Partial<RedisAccess> {
  DATABASE_TIMEOUT: number
}

/** MySQL's error numbers. */
const REFUSED = new Set([1045, 1698])
const NOT_THIS_DATABASE = 1044
const NO_SUCH_DATABASE = 1049
const TLS_REQUIRED = 3159

/**
 * Returns one line for each server that the service can't use. The line names the variable and no value. Null if it can use
 * all of them, or if Redis is only unavailable: the service runs without it.
 */
export async function findUnusableServer(urls: ServerUrls): Promise<string | null> {
  const [database, redis] = await Promise.all([databaseProblem(urls), redisProblems(urls)])
  return [database, ...redis].filter((problem) => problem !== null).join('\n') || null
}

/** One line if the service can't use the database. */
export async function databaseProblem(urls: DatabaseAccess & { DATABASE_TIMEOUT: number }): Promise<string | null> {
  try {
    const timeout = { timeout: urls.DATABASE_TIMEOUT }
    const connection = await openMysqlConnection(databaseServer(urls), timeout)
    const { readOnly } = await readServerState(connection, timeout)
    await connection.end()
    return readOnly ? 'DATABASE_URL: the database server is read-only; it must be the primary.' : null
  } catch (error) {
    return `DATABASE_URL: the database server ${describe(error as ConnectionFailure)}.`
  }
}

interface ConnectionFailure {
  errno?: number
  code?: string
  message: string
  /** Set by Node.js if the certificate is for another host. */
  reason?: string
}

function describe(failure: ConnectionFailure): string {
  const { errno, code } = failure
  if (errno !== undefined && REFUSED.has(errno)) return 'refuses this user name or password'
  if (errno === NOT_THIS_DATABASE) return 'does not allow this user to use this database'
  if (errno === NO_SUCH_DATABASE) return 'has no database of this name'
  if (errno === TLS_REQUIRED) return 'requires TLS: add ?ssl-mode=VERIFY_IDENTITY'
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return 'offers no TLS, but DATABASE_URL or DATABASE_CA asks for it'
  if (code === 'HANDSHAKE_SSL_ERROR') return describeTls(failure)
  return `cannot be reached (${code ?? 'no response'})`
}

function describeTls({ message, reason }: ConnectionFailure): string {
  if (reason !== undefined) return 'has a certificate for another host than the one in DATABASE_URL'
  if (message.includes('expired')) return 'has a certificate that has expired'
  if (/certificate/.test(message) && !/alert/.test(message))
    return 'has a certificate of an unknown CA: set DATABASE_CA to the certificate of the CA'
  return `can't agree on TLS (${message})`
}
