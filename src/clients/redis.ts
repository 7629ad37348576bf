import calculateSlot from 'cluster-key-slot'
import { Cluster, Redis, type RedisOptions } from 'ioredis'

export type { Redis }

/** One server, or a cluster of them. */
export type RedisStore = Redis | Cluster

interface Options {
  /** Milliseconds. */
  commandTimeout: number
  onError: (error: Error) => void
}

const connection = (commandTimeout: number) =>
  ({
    protocol: 2,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout,
    connectTimeout: 2000,
    // One that is connected and silent is given up, rather than asked and asked.
    socketTimeout: 2000,
    // After a failover the old connection leads to a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  }) satisfies RedisOptions

const retryDelay = (attempt: number) => Math.min(attempt * 50, 1000)

/** A connection that never queues: while Redis is away, a command fails at once and its caller goes on without. */
export function createRedis(url: string, { commandTimeout, onError }: Options): Redis {
  const redis = new Redis(url, { ...connection(commandTimeout), retryStrategy: retryDelay })
  redis.on('error', onError)
  return redis
}

/** Connects once and sends PING. Rejects with the first error: the server's own where it refuses the password. */
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

/** The same for a cluster, of which `url` names any node; its user, password and TLS are those of every node. */
export function createRedisCluster(url: string, { commandTimeout, onError }: Options): Cluster {
  const { protocol, username, password } = new URL(url)
  const cluster = new Cluster([url], {
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    redisOptions: {
      ...connection(commandTimeout),
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  })
  cluster.on('error', onError)
  return cluster
}

/** Names, as one command may ask for their keys together: all of them, on a cluster those of each slot. */
export function bySlot(
  redis: RedisStore,
  names: readonly string[],
  key: (name: string) => string,
): (readonly string[])[] {
  if (!redis.isCluster) return [names]
  return [...Map.groupBy(names, (name) => calculateSlot(key(name))).values()]
}
