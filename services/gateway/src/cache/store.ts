// Kept responses in Redis, which all gateways share. Without Redis, every response comes from its service.
import { redisClusterOptions, redisOptions } from '@postern/contract/redis-options'
import type { Logger } from '@postern/service/logger'
import type { RedisServer } from '@postern/service/redis-variables'
import { Cluster, Redis } from 'ioredis'
import { type Entry, readEntry, writeEntry } from './entry.js'

/** The cache must not make a request slower than the call that it saves. */
const COMMAND_TIMEOUT_MS = 100
const LONGEST_RETRY_PAUSE_MS = 2000

const PREFIX = 'postern:gateway:response:'

export interface ResponseStore {
  /** Null if there is none, or if Redis does not answer. */
  readonly read: (key: string) => Promise<Entry | null>
  /** Does not wait. What can't be stored is asked for again. */
  readonly write: (key: string, entry: Entry, seconds: number) => void
  readonly close: () => void
}

export function createResponseStore(server: RedisServer, logger: Logger): ResponseStore {
  const redis = connect(server)
  let isFailing = false
  const note = (error: unknown) => {
    if (!isFailing) logger.warn({ err: error }, 'the response cache is unavailable; services answer every request')
    isFailing = true
  }
  redis.on('error', note)
  redis.on('ready', () => {
    if (isFailing) logger.info('the response cache is available again')
    isFailing = false
  })
  const giveUp = (error: unknown) => {
    note(error)
    return null
  }

  return {
    read: async (key) => readEntry(await redis.getBuffer(PREFIX + key).catch(giveUp)),
    write(key, entry, seconds) {
      redis.set(PREFIX + key, writeEntry(entry), 'EX', seconds).catch(giveUp)
    },
    close: () => redis.disconnect(),
  }
}

function connect(server: RedisServer): Redis | Cluster {
  const options = {
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt: number) => Math.min(attempt * 100, LONGEST_RETRY_PAUSE_MS),
  }
  if (!server.cluster) return new Redis({ ...redisOptions(server, server.ca), ...options })
  const { redisOptions: shared, ...cluster } = redisClusterOptions(server, server.ca)
  return new Cluster(
    server.addresses.map((address) => ({ ...address })),
    { ...cluster, enableOfflineQueue: false, redisOptions: { ...shared, commandTimeout: COMMAND_TIMEOUT_MS } },
  )
}
