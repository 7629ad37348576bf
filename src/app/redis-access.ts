// Checks at the start that Redis accepts what its variables say.
import { checkRedis } from '@postern/service/redis-check'
import { type RedisAccess, type RedisServer, redisServers } from '../config/index.js'

/** What Redis, a Sentinel or TLS says, and what that means. Anything else means that Redis is only unavailable. */
const REFUSALS: readonly [said: RegExp, meaning: string][] = [
  // ioredis adds these words to an error of a Sentinel.
  [/sentinel.*(?:WRONGPASS|NOAUTH|invalid password)/, 'a Sentinel refuses this user name or password'],
  [/sentinel.*(?:No such master|invalid reply)/, 'no Sentinel knows a primary of this name'],
  [/^(?:WRONGPASS|NOAUTH|ERR invalid password)/, 'Redis refuses this user name or password'],
  [/DB index is out of range|invalid DB index/, 'Redis has no database of this number'],
  [/cluster support disabled/, 'Redis is not a cluster, but REDIS_CLUSTER is true'],
  [/Hostname\/IP does not match certificate's altnames/, 'the certificate of Redis is for another host'],
  [/(?:self-signed|unable to (?:verify|get)).*certificate/, 'the certificate of Redis is not trusted; see REDIS_CA'],
]

/** Returns a line for each variable that Redis refuses. */
export async function redisProblems(access: Partial<RedisAccess>): Promise<string[]> {
  const { REDIS_URL, REVOCATION_REDIS_URL = REDIS_URL, REDIS_CLUSTER = false, REDIS_CA } = access
  if (REDIS_URL === undefined || REVOCATION_REDIS_URL === undefined) return []
  const { cache, stream } = redisServers({ REDIS_URL, REVOCATION_REDIS_URL, REDIS_CLUSTER, REDIS_CA })
  const problems = await Promise.all([
    redisProblem('REDIS_URL', cache),
    stream === cache ? null : redisProblem('REVOCATION_REDIS_URL', stream),
  ])
  return problems.filter((line) => line !== null)
}

/** One line if Redis refuses what the variable `name` says. */
export async function redisProblem(name: string, server: RedisServer): Promise<string | null> {
  try {
    await checkRedis(server, server)
    return null
  } catch (error) {
    const { message } = error as Error
    const meaning = REFUSALS.find(([said]) => said.test(message))?.[1]
    return meaning === undefined ? null : `${name}: ${meaning}.`
  }
}
