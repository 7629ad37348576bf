// Notices that Sentinels name another primary although the old one still answers.
import { redisOptions } from '@postern/contract/redis-options'
import { Redis } from 'ioredis'
import { connection, connectorFor, reconnect, type RedisServer, UNRESPONSIVE_AFTER_MS } from './redis-connection.js'

/** How often each Sentinel is asked, and how soon a lost connection to one is opened again. */
const EVERY_MS = 1000

/**
 * Reconnects `redis` when a Sentinel names another primary than before. ioredis asks only when it connects, and a primary
 * that is cut off from the Sentinels may still accept writes, which are lost later. Ends with `redis`.
 */
export function followSentinels(redis: Redis, server: RedisServer): void {
  const moved = () => reconnect(redis)
  const sentinels = server.addresses.map((address) => watchSentinel({ ...server, addresses: [address] }, moved))
  redis.once('end', () => sentinels.forEach((stop) => stop()))
}

/** Calls `onMoved` when the address changes. Returns a function that stops it. */
function watchSentinel(server: RedisServer, onMoved: () => void): () => void {
  const { sentinel } = server
  const access = { username: sentinel?.username, password: sentinel?.password, database: 0, sentinel: null }
  const target = { ...server, ...access }
  const client = new Redis({
    ...connection(UNRESPONSIVE_AFTER_MS),
    ...redisOptions(target, server.ca),
    ...connectorFor(target),
    enableReadyCheck: false,
    retryStrategy: () => EVERY_MS,
  })
  // The connection to the primary reports Sentinels that are unavailable, when it needs them.
  client.on('error', () => undefined)
  let known: string | undefined
  const ask = async () => {
    const address = String(await client.call('SENTINEL', 'get-master-addr-by-name', sentinel?.name ?? ''))
    if (known !== undefined && address !== known) onMoved()
    known = address
  }
  const timer = setInterval(() => void ask().catch(() => undefined), EVERY_MS).unref()
  return () => {
    clearInterval(timer)
    client.disconnect()
  }
}
