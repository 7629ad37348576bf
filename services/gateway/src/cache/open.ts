// Connects the response cache to the Redis of the gateway.
import type { Logger } from '@postern/service/logger'
import { createRedis } from '@postern/service/redis'
import { createRedisCluster } from '@postern/service/redis-cluster'
import { type Config, redisServers } from '../config/index.js'
import { createResponseStore, type ResponseStore } from './store.js'

/** A look-up must not take longer than the call that it saves. */
const COMMAND_TIMEOUT_MS = 100

export function openResponseStore(config: Config, logger: Logger): ResponseStore {
  const { cache: server } = redisServers(config)
  const onError = (error: Error) => logger.warn({ err: error }, 'Redis of the response cache')
  const options = { commandTimeoutMs: COMMAND_TIMEOUT_MS, onError }
  return createResponseStore(server.cluster ? createRedisCluster(server, options) : createRedis(server, options))
}
