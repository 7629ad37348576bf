// Checks at the start that the database accepts what the variables of its server say.
import { openMysqlConnection, readServerState } from './mysql.js'
import type { DatabaseServer } from './server.js'

/** MySQL's error numbers. */
const REFUSED = new Set([1045, 1698])
const NOT_THIS_DATABASE = 1044
const NO_SUCH_DATABASE = 1049
const TLS_REQUIRED = 3159

/**
 * One line if the server can't be used, which names the variable with its URL and no value. `timeout`: in seconds, for each
 * answer.
 */
export async function databaseProblem(
  server: DatabaseServer,
  { urlName, timeout }: { urlName: string; timeout: number },
): Promise<string | null> {
  try {
    const connection = await openMysqlConnection(server, { timeout })
    const { readOnly } = await readServerState(connection, { timeout })
    await connection.end()
    return readOnly ? `${urlName}: the database server is read-only; it must be the primary.` : null
  } catch (error) {
    return `${urlName}: the database server ${describe(error as ConnectionFailure, urlName)}.`
  }
}

interface ConnectionFailure {
  errno?: number
  code?: string
  message: string
  /** Set by Node.js if the certificate is for another host. */
  reason?: string
}

function describe(failure: ConnectionFailure, urlName: string): string {
  const { errno, code } = failure
  if (errno !== undefined && REFUSED.has(errno)) return 'refuses this user name or password'
  if (errno === NOT_THIS_DATABASE) return 'does not allow this user to use this database'
  if (errno === NO_SUCH_DATABASE) return 'has no database of this name'
  if (errno === TLS_REQUIRED) return 'requires TLS: add ?ssl-mode=VERIFY_IDENTITY'
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return `offers no TLS, but ${urlName} or DATABASE_CA asks for it`
  if (code === 'HANDSHAKE_SSL_ERROR') return describeTls(failure, urlName)
  return `cannot be reached (${code ?? 'no response'})`
}

function describeTls({ message, reason }: ConnectionFailure, urlName: string): string {
  if (reason !== undefined) return `has a certificate for another host than the one in ${urlName}`
  if (message.includes('expired')) return 'has a certificate that has expired'
  if (/certificate/.test(message) && !/alert/.test(message))
    return 'has a certificate of an unknown CA: set DATABASE_CA to the certificate of the CA'
  return `can't agree on TLS (${message})`
}
