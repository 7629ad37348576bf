// Connects to Redis: to one server, or to the primary that Sentinels name.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- The package has no types, and every program compiles this file.
/// <reference path="./cluster-key-slot.d.ts" />
import { redisOptions } from '@postern/contract/redis-options'
import calculateSlot from 'cluster-key-slot'
import { type Cluster, Redis } from 'ioredis'
import {
  connection,
  connectorFor,
  isSelectRefused,
  type Options,
  reconnect,
  type RedisServer,
  retryDelayMs,
} from './redis-connection.js'
import { followSentinels } from './redis-sentinels.js'

export type { Redis }

/** One server, or a cluster. */
export type RedisStore = Redis | Cluster

interface ServerOptions extends Options {
  /** Called at each connection, because it may be to another server, with that server's maxmemory-policy. */
  onEvictionPolicy?: (policy: string) => void
}

/** A connection that never queues: while Redis is unavailable, commands fail at once. */
export function createRedis(
  server: RedisServer,
  { commandTimeoutMs, onError, onEvictionPolicy }: ServerOptions,
): Redis {
  const redis = new Redis({
    ...connection(commandTimeoutMs),
    ...redisOptions(server, server.ca),
    ...connectorFor(server),
    retryStrategy: retryDelayMs,
    sentinelRetryStrategy: retryDelayMs,
  })
  redis.on('error', (error: Error) => {
    onError(error)
    if (isSelectRefused(error)) reconnect(redis)
  })
  redis.on('sentinelError', onError)
  if (server.sentinel) followSentinels(redis, server)
  if (onEvictionPolicy) redis.on('ready', () => void evictionPolicy(redis).then(onEvictionPolicy, () => undefined))
  return redis
}

async function evictionPolicy(redis: Redis): Promise<string> {
  return /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1] ?? 'unknown'
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
