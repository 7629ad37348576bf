// Checks at the start that the servers accept the configured URLs and passwords.
import { openMysqlConnection } from '../clients/mysql.js'
import type { RedisAccess } from '../config/index.js'
import { redisProblems } from './redis-access.js'

/** The servers to check. Redis is checked only if its URLs are given. */
export interface ServerUrls extends Partial<RedisAccess> {
  DATABASE_URL: string
  DATABASE_TIMEOUT: number
}

/** MySQL's error numbers. */
const REFUSED = new Set([1045, 1698])
const NOT_THIS_DATABASE = 1044
const NO_SUCH_DATABASE = 1049

/**
 * Returns one line for each server that the service can't use. The line names the variable and no value. Null if it can use
 * all of them, or if Redis is only unavailable: the service runs without it.
 */
export async function findUnusableServer(urls: ServerUrls): Promise<string | null> {
  const [database, redis] = await Promise.all([databaseProblem(urls), redisProblems(urls)])
  return [database, ...redis].filter((problem) => problem !== null).join('\n') || null
}

async function databaseProblem({ DATABASE_URL, DATABASE_TIMEOUT }: ServerUrls): Promise<string | null> {
  try {
    const connection = await openMysqlConnection(DATABASE_URL, { timeout: DATABASE_TIMEOUT })
    await connection.end()
    return null
  } catch (error) {
    return `DATABASE_URL: the database server ${describe(error as { errno?: number; code?: string })}.`
  }
}

function describe({ errno, code }: { errno?: number; code?: string }): string {
  if (errno !== undefined && REFUSED.has(errno)) return 'refuses this user name or password'
  if (errno === NOT_THIS_DATABASE) return 'does not allow this user to use this database'
  if (errno === NO_SUCH_DATABASE) return 'has no database of this name'
  return `cannot be reached (${code ?? 'no response'})`
}
