// Checks at the start that the servers accept the configured URLs and passwords.
import { databaseProblem as problemOf } from '@postern/service/database/access'
import { type DatabaseAccess, databaseServer, type RedisAccess } from '../config/index.js'
import { redisProblems } from './redis-access.js'

/** The servers to check. Redis is checked only if its URLs are given. */
export interface ServerUrls extends DatabaseAccess, Partial<RedisAccess> {
  DATABASE_TIMEOUT: number
}

/**
 * Returns one line for each server that the service can't use. The line names the variable and no value. Null if it can use
 * all of them, or if Redis is only unavailable: the service runs without it.
 */
export async function findUnusableServer(urls: ServerUrls): Promise<string | null> {
  const [database, redis] = await Promise.all([databaseProblem(urls), redisProblems(urls)])
  return [database, ...redis].filter((problem) => problem !== null).join('\n') || null
}

/** One line if the service can't use the database. */
export const databaseProblem = (urls: DatabaseAccess & { DATABASE_TIMEOUT: number }): Promise<string | null> =>
  problemOf(databaseServer(urls), { urlName: 'DATABASE_URL', timeout: urls.DATABASE_TIMEOUT })
