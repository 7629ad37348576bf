// Connects to Redis: for hints that something is new, and for counts. Nothing is lost without it.
import { type Announcements, createAnnouncements } from '@postern/service/announcements'
import type { Logger } from '@postern/service/logger'
import { createRedis, type Redis } from '@postern/service/redis'
import { redisServers } from '@postern/service/redis-variables'
import type { Config } from '../config/index.js'

const TIMEOUT_MS = 500

const CHANNEL = 'postern_notifications'

export interface RedisConnections {
  announcements: Announcements
  counts: Redis
  close: () => Promise<void>
}

export function openRedis(config: Config, logger: Logger): RedisConnections {
  const server = redisServers(config).stream
  const connect = () =>
    createRedis(server, { commandTimeoutMs: TIMEOUT_MS, onError: (error) => logger.debug({ err: error }, 'redis') })
  const redis = connect()
  const announcements = createAnnouncements({ redis, connect, channel: CHANNEL })
  return {
    announcements,
    counts: redis,
    async close() {
      await announcements.settle()
      redis.disconnect()
    },
  }
}
