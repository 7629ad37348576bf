// Verifies access tokens in this process: without a call to the auth service, and with its revocations from Redis.
import { createSessionValidator, type SessionValidator } from '@postern/session'
import type { Logger } from '../logger.js'
import { createRedis } from '../redis.js'
import { type RedisAccess, redisServers } from '../redis-variables.js'
import type { TokenVariables } from '../token-variables.js'

/** A service starts without Redis. Until it knows the revocations, it refuses tokens as SERVICE_UNAVAILABLE. */
const READY_SECONDS = 3

const COMMAND_TIMEOUT_MS = 2000

export async function createTokenValidator(
  config: TokenVariables & RedisAccess,
  logger: Logger,
): Promise<SessionValidator> {
  const onError = (error: Error) => logger.warn({ err: error }, 'revocations and keys')
  return createSessionValidator({
    ...keysOf(config),
    redis: redisOf(config, onError),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    onError,
    waitForReady: READY_SECONDS,
  })
}

/** The validator duplicates a client, which is the way to give it a certificate authority. The client itself is not used. */
function redisOf(config: RedisAccess, onError: (error: Error) => void) {
  if (config.REDIS_CA === undefined) return config.REVOCATION_REDIS_URL
  const client = createRedis(redisServers(config).stream, { commandTimeoutMs: COMMAND_TIMEOUT_MS, onError })
  client.disconnect()
  return client
}

function keysOf(config: TokenVariables) {
  const { POSTERN_JWKS_URL: jwksUrl, REVOCATION_KEY: revocationKey } = config
  const both = (name: 'JWT_SECRET' | 'PASETO_KEY') =>
    [config[name], config[`${name}_PREVIOUS`]].filter((key) => key !== undefined)
  const [secret, pasetoKey] = [both('JWT_SECRET'), both('PASETO_KEY')]
  return {
    ...(jwksUrl === undefined ? secret.length > 0 && { secret } : { jwksUrl }),
    ...(pasetoKey.length > 0 && { pasetoKey }),
    ...(revocationKey !== undefined && { revocationKey }),
  }
}
