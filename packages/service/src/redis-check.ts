// Connects to Redis once: to check whether it accepts what its URL says, and to see which server it is.
import { redisOptions } from '@postern/contract/redis-options'
import { Redis } from 'ioredis'
import { connection, connectorFor, type RedisServer, UNRESPONSIVE_AFTER_MS } from './redis-connection.js'

/**
 * Connects, selects the database and sends a command. Rejects with the first error: the server's own if it refuses the
 * password or the database, the one of TLS if it refuses the certificate. Of several nodes, the first that answers counts.
 */
export async function checkRedis(server: RedisServer, { cluster }: { cluster: boolean }): Promise<void> {
  if (cluster) await onAnyNode(server, (redis) => redis.call('CLUSTER', 'INFO'))
  else await connectOnce(server, (redis) => redis.ping())
}

/** The version and the maxmemory-policy of a server, or of one node of a cluster. Rejects as `checkRedis` does. */
export async function inspectRedis(server: RedisServer, { cluster }: { cluster: boolean }) {
  const info = await (cluster ? onAnyNode : connectOnce)(server, (redis) => redis.info())
  const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? 'unknown'
  return { version: field('redis_version'), policy: field('maxmemory_policy') }
}

type Use<Value> = (redis: Redis) => Promise<Value>

async function onAnyNode<Value>(server: RedisServer, use: Use<Value>): Promise<Value> {
  const nodes = server.addresses.map((address) => ({ ...server, addresses: [address] }))
  try {
    return await Promise.any(nodes.map((node) => connectOnce(node, use)))
  } catch (error) {
    // A refusal says more than an unavailable node.
    const errors = (error as AggregateError).errors as (Error & { syscall?: string })[]
    throw errors.find(({ syscall }) => syscall === undefined) ?? error
  }
}

async function connectOnce<Value>(server: RedisServer, use: Use<Value>): Promise<Value> {
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
  let value: Value
  try {
    await redis.connect()
    value = await use(redis)
  } catch (error) {
    throw first ?? error
  } finally {
    redis.disconnect()
  }
  // A Sentinel that is unavailable does no harm if another one answers.
  if (first && !server.sentinel) throw first
  return value
}
