// Checks at the start that the servers accept the configured URLs and passwords.
import { openMysqlConnection, readServerState } from '../clients/mysql.js'
import { pingRedis } from '../clients/redis.js'

/** The servers to check. Redis is checked only if its URL is given. */
export interface ServerUrls {
  DATABASE_URL: string
  DATABASE_TIMEOUT: number
  REDIS_URL?: string
  REVOCATION_REDIS_URL?: string
}

/** MySQL's error numbers. */
const REFUSED = new Set([1045, 1698])
const NOT_THIS_DATABASE = 1044
const NO_SUCH_DATABASE = 1049

const USER_REFUSED = 'refuses this user name or password'

/**
 * Returns one line for each server that the service can't use. The line names the variable and no value. Null if it can use
 * all of them, or if Redis is only unavailable: the service runs without it.
 */
export async function findUnusableServer(urls: ServerUrls): Promise<string | null> {
  const problems = await Promise.all([
    databaseProblem(urls),
    redisProblem('REDIS_URL', urls.REDIS_URL),
    urls.REVOCATION_REDIS_URL === urls.REDIS_URL
      ? null
      : redisProblem('REVOCATION_REDIS_URL', urls.REVOCATION_REDIS_URL),
  ])
  return problems.filter((problem) => problem !== null).join('\n') || null
}

/** One line if the service can't use the database. */
export async function databaseProblem({
  DATABASE_URL,
  DATABASE_TIMEOUT,
}: Pick<ServerUrls, 'DATABASE_URL' | 'DATABASE_TIMEOUT'>): Promise<string | null> {
  try {
    const connection = await openMysqlConnection(DATABASE_URL, { timeout: DATABASE_TIMEOUT })
    const { readOnly } = await readServerState(connection, { timeout: DATABASE_TIMEOUT })
    await connection.end()
    return readOnly ? 'DATABASE_URL: the database server is read-only; it must be the primary.' : null
  } catch (error) {
    return `DATABASE_URL: the database server ${describe(error as { errno?: number; code?: string })}.`
  }
}

function describe({ errno, code }: { errno?: number; code?: string }): string {
  if (errno !== undefined && REFUSED.has(errno)) return USER_REFUSED
  if (errno === NOT_THIS_DATABASE) return 'does not allow this user to use this database'
  if (errno === NO_SUCH_DATABASE) return 'has no database of this name'
  return `cannot be reached (${code ?? 'no response'})`
}

/** One line if the server refuses the user or the password. */
export async function redisProblem(name: string, url: string | undefined): Promise<string | null> {
  if (url === undefined) return null
  try {
    await pingRedis(url)
    return null
  } catch (error) {
    return /^(?:WRONGPASS|NOAUTH|ERR invalid password)/.test((error as Error).message)
      ? `${name}: Redis ${USER_REFUSED}.`
      : null
  }
}
