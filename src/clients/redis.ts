import { Redis } from 'ioredis'

export type { Redis }

/**
 * A connection that never queues: while Redis is away, a command fails at once and its caller goes on without.
 * `commandTimeout` in milliseconds.
 */
export function createRedis(url: string, options: { commandTimeout: number; onError: (error: Error) => void }): Redis {
  const redis = new Redis(url, {
    protocol: 2,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: options.commandTimeout,
    connectTimeout: 2000,
    // One that is connected and silent is given up, rather than asked and asked.
    socketTimeout: 2000,
    // After a failover the old connection leads to a replica.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  })
  redis.on('error', options.onError)
  return redis
}
