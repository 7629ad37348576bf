// Connects to Redis, or to a Redis cluster.
import calculateSlot from 'cluster-key-slot'
import { Cluster, Redis, type RedisOptions } from 'ioredis'

export type { Redis }

/** One server, or a cluster. */
export type RedisStore = Redis | Cluster

interface Options {
  commandTimeoutMs: number
  onError: (error: Error) => void
}

interface ServerOptions extends Options {
  /** Called at each connection, because it may be to another server, with that server's maxmemory-policy. */
  onEvictionPolicy?: (policy: string) => void
}

/** How long a server may take to accept a connection, or be silent while a command waits. */
const UNRESPONSIVE_AFTER_MS = 2000

const connection = (commandTimeoutMs: number) =>
  ({
    protocol: 2,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: UNRESPONSIVE_AFTER_MS,
    // Closes a connection that is silent, instead of sending more commands to it.
    socketTimeout: UNRESPONSIVE_AFTER_MS,
    // After a failover the old connection leads to a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }) satisfies RedisOptions

const retryDelayMs = (attempt: number) => Math.min(attempt * 50, 1000)

/** A connection that never queues: while Redis is unavailable, commands fail at once. */
export function createRedis(url: string, { commandTimeoutMs, onError, onEvictionPolicy }: ServerOptions): Redis {
  const redis = new Redis(url, { ...connection(commandTimeoutMs), retryStrategy: retryDelayMs })
  redis.on('error', onError)
  if (onEvictionPolicy) redis.on('ready', () => void evictionPolicy(redis).then(onEvictionPolicy, () => undefined))
  return redis
}

async function evictionPolicy(redis: Redis): Promise<string> {
  return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1] ?? 'unknown'
}

/** Connects once, runs `use` and disconnects. Rejects with the first error: the server's own if it refuses the password. */
async function connectOnce<Value>(url: string, use: (redis: Redis) => Promise<Value>): Promise<Value> {
  const options = { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null }
  const redis = new Redis(url, { ...connection(UNRESPONSIVE_AFTER_MS), ...options })
  let first: Error | undefined
  redis.on('error', (error: Error) => (first ??= error))
  try {
    await redis.connect()
    return await use(redis)
  } catch (error) {
    throw first ?? error
  } finally {
    redis.disconnect()
  }
}

export const pingRedis = (url: string): Promise<unknown> => connectOnce(url, (redis) => redis.ping())

/** The version and the maxmemory-policy of a server. */
export const inspectRedis = (url: string) =>
  connectOnce(url, async (redis) => ({
    version: /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown',
    policy: await evictionPolicy(redis),
  }))

/** The same for a cluster. `url` names any node; its user, password and TLS are used for every node. */
export function createRedisCluster(url: string, { commandTimeoutMs, onError }: Options): Cluster {
  const { protocol, username, password } = new URL(url)
  const cluster = new Cluster([url], {
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelayMs,
    redisOptions: {
      ...connection(commandTimeoutMs),
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  })
  cluster.on('error', onError)
  return cluster
}

/** Groups names whose keys one command can read: all of them, or on a cluster those of one slot. */
export function bySlot(
  redis: RedisStore,
  names: readonly string[],
  key: (name: string) => string,
): (readonly string[])[] {
  if (!redis.isCluster) return [names]
  return [...Map.groupBy(names, (name) => calculateSlot(key(name))).values()]
}
