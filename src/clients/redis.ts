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

const connection = (commandTimeoutMs: number) =>
  ({
    protocol: 2,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 2000,
    // Closes a connection that is silent, instead of sending more commands to it.
    socketTimeout: 2000,
    // After a failover the old connection leads to a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }) satisfies RedisOptions

const retryDelayMs = (attempt: number) => Math.min(attempt * 50, 1000)

/** A connection that never queues: while Redis is unavailable, commands fail at once. */
export function createRedis(url: string, { commandTimeoutMs, onError }: Options): Redis {
  const redis = new Redis(url, { ...connection(commandTimeoutMs), retryStrategy: retryDelayMs })
  redis.on('error', onError)
  return redis
}

/** Connects once and sends PING. Rejects with the first error: the server's own if it refuses the password. */
export async function pingRedis(url: string): Promise<void> {
  const options = { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null }
  const redis = new Redis(url, { ...connection(2000), ...options })
  let first: Error | undefined
  redis.on('error', (error: Error) => (first ??= error))
  try {
    await redis.connect()
    await redis.ping()
  } catch (error) {
    throw first ?? error
  } finally {
    redis.disconnect()
  }
}

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
