// Checks once whether Redis accepts what its URL says.
import { redisOptions } from '@postern/contract/redis-options'
import { Redis } from 'ioredis'
import { connection, connectorFor, type RedisServer, UNRESPONSIVE_AFTER_MS } from './redis-connection.js'

/**
 * Connects, selects the database and sends a command. Rejects with the first error: the server's own if it refuses the
 * password or the database, the one of TLS if it refuses the certificate. Of several nodes, the first that answers counts.
 */
export async function checkRedis(server: RedisServer, { cluster }: { cluster: boolean }): Promise<void> {
  if (!cluster) return check(server, 'PING')
  const nodes = server.addresses.map((address) => ({ ...server, addresses: [address] }))
  try {
    await Promise.any(nodes.map((node) => check(node, 'CLUSTER', 'INFO')))
  } catch (error) {
    // A refusal says more than an unavailable node.
    const errors = (error as AggregateError).errors as (Error & { syscall?: string })[]
    throw errors.find(({ syscall }) => syscall === undefined) ?? error
  }
}

async function check(server: RedisServer, command: string, ...args: string[]): Promise<void> {
  const once = {
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  }
  const options = { ...connection(UNRESPONSIVE_AFTER_MS), ...once, ...redisOptions(server, server.ca) }
  const redis = new Redis({ ...options, ...connectorFor(server) })
  let first: Error | undefined
  const keep = (error: Error) => (first ??= error)
  redis.on('error', keep)
  redis.on('sentinelError', keep)
  try {
    await redis.connect()
    await redis.call(command, ...args)
  } catch (error) {
    throw first ?? error
  } finally {
    redis.disconnect()
  }
  // A Sentinel that is unavailable does no harm if another one answers.
  if (first && !server.sentinel) throw first
}
