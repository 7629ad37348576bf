// Everything that a service needs to know who calls its RPCs: built from its configuration.
import { createCallerVerifier } from '@postern/contract/caller'
import type { SessionValidator } from '@postern/session'
import { createDpop, redisReplays } from '@postern/session/dpop'
import type { ContextOf, CallParts } from '../grpc/rpc.js'
import { createHeadReader } from '../grpc/metadata.js'
import type { GrpcVariables } from '../grpc-variables.js'
import type { Logger } from '../logger.js'
import { createProxyReader } from '../proxy-headers.js'
import { createRedis } from '../redis.js'
import { type RedisAccess, redisServers } from '../redis-variables.js'
import type { ServiceKeyVariables } from '../service-key-variables.js'
import type { TokenVariables } from '../token-variables.js'
import type { Tracing } from '../tracing/tracing.js'
import { type CallContext, createCallContexts } from './call-context.js'
import { createServiceKeys } from './service-keys.js'
import { createTokenValidator } from './validator.js'

/** How long a call waits for Redis before its proof of a key is refused as SERVICE_UNAVAILABLE. */
const REPLAY_TIMEOUT_MS = 500

export type CallersConfig = TokenVariables &
  RedisAccess &
  Pick<ServiceKeyVariables, 'SERVICE_KEYS'> &
  Pick<GrpcVariables, 'GATEWAY_KEY' | 'GATEWAY_KEY_PREVIOUS'>

export interface Callers {
  readonly contextOf: ContextOf<CallContext>
  readonly readHead: CallParts<CallContext>['readHead']
  readonly status: SessionValidator['status']
  readonly close: () => Promise<void>
}

export async function createCallers(config: CallersConfig, logger: Logger, tracing: Tracing | null): Promise<Callers> {
  const validator = await createTokenValidator(config, logger)
  const redis = createRedis(redisServers(config).stream, {
    commandTimeoutMs: REPLAY_TIMEOUT_MS,
    // The validator logs what is wrong with the same server.
    onError: () => undefined,
  })
  // A proof names the URL of the gateway, which the signed caller has: this one is never used.
  const dpop = createDpop({ urls: ['http://localhost'], replays: redisReplays(redis) })
  const gatewayKeys = [config.GATEWAY_KEY, config.GATEWAY_KEY_PREVIOUS].filter((key) => key !== undefined)
  return {
    contextOf: createCallContexts({ validator, dpop, identifyService: createServiceKeys(config.SERVICE_KEYS) }),
    readHead: createHeadReader({
      // Only the gateway says for whom it calls: headers of other proxies mean nothing.
      proxies: createProxyReader([], 'auto'),
      verifyCaller: gatewayKeys.length > 0 ? createCallerVerifier(gatewayKeys) : null,
      tracing,
    }),
    status: () => validator.status(),
    async close() {
      redis.disconnect()
      await validator.close()
    },
  }
}
