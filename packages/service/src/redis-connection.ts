// What all connections to Redis have in common.
import { sentinelConnector, ServerConnector } from '@postern/contract/redis-connectors'
import type { RedisTarget } from '@postern/contract/redis-url'
import { type Redis, SentinelConnector, type RedisOptions } from 'ioredis'

/** The URL of a Redis, read. */
export interface RedisServer extends RedisTarget {
  /** The only trusted authorities, in PEM. Undefined: those of Node.js. */
  ca: string | undefined
}

export interface Options {
  commandTimeoutMs: number
  onError: (error: Error) => void
}

type Connector = NonNullable<RedisOptions['Connector']>

/** Opens the sockets: to the server, or to the primary that Sentinels name. */
export const connectorFor = ({ sentinel }: RedisTarget) => {
  const connector: unknown = sentinel ? sentinelConnector(SentinelConnector) : ServerConnector
  return { Connector: connector as Connector }
}

/** How long a server may take to accept a connection, or be silent while a command waits. */
export const UNRESPONSIVE_AFTER_MS = 2000

export const connection = (commandTimeoutMs: number) =>
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

export const retryDelayMs = (attempt: number) => Math.min(attempt * 50, 1000)

/** Whether the server refused to select the database. ioredis would continue in database 0. */
export const isSelectRefused = (error: Error): boolean =>
  (error as Error & { command?: { name?: string } }).command?.name === 'select'

/**
 * Closes the connection, so that ioredis opens a new one. While ioredis finds out where to connect, which takes long if a
 * Sentinel is silent, `disconnect(true)` would end the client: it would never connect again. What it finds out may be the
 * earlier address, so the connection is closed as soon as it is open.
 */
export function reconnect(redis: Redis): void {
  if (redis.status !== 'connecting') {
    redis.disconnect(true)
    return
  }
  const close = () => redis.disconnect(true)
  redis.once('connect', close)
  redis.once('close', () => redis.off('connect', close))
}
