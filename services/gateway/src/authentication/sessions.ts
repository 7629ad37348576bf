// Verifies access tokens in this process: without a call to the auth service, and with its revocations from Redis.
import { bearerToken, dpopToken, usesDpop } from '@postern/contract/bearer'
import { type Auth, authenticate, createSessionValidator, SessionError, type SessionValidator } from '@postern/session'
import { authenticate as authenticateWithProof, createDpop, type Dpop } from '@postern/session/dpop'
import { createRedis } from '@postern/service/redis'
import type { Logger } from '@postern/service/logger'
import type { FastifyRequest } from 'fastify'
import { type Config, redisServers } from '../config/index.js'

export interface Sessions {
  /** The user of a request. Throws or rejects with a SessionError. */
  readonly authenticate: (request: FastifyRequest) => Auth | Promise<Auth>
  /** Why the token of a request that was authenticated before is refused now. Null: it is still valid. */
  readonly recheck: (request: FastifyRequest) => SessionError | null
  readonly status: SessionValidator['status']
  readonly close: () => Promise<void>
}

export async function createSessions(config: Config, logger: Logger): Promise<Sessions> {
  const onError = (error: Error) => logger.warn({ err: error }, 'revocations and keys')
  const validator = await createSessionValidator({
    ...keysOf(config),
    redis: redisOf(config, onError),
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    onError,
    // The gateway starts without Redis. Until it knows the revocations, it refuses tokens with 503.
    waitForReady: 3,
  })
  const dpop = dpopFor(config.GATEWAY_URLS)
  return {
    authenticate: (request) =>
      dpop && usesDpop(request.headers.authorization)
        ? authenticateWithProof(validator, request.raw, { dpop })
        : authenticate(validator, request.raw),
    recheck({ headers: { authorization } }) {
      try {
        // Its sender has proved to have the key, if the token is bound to one.
        validator.validate(bearerToken(authorization) ?? dpopToken(authorization), 'any')
        return null
      } catch (error) {
        if (error instanceof SessionError) return error
        throw error
      }
    },
    status: () => validator.status(),
    close: () => validator.close(),
  }
}

/** The validator duplicates a client, which is the way to give it a certificate authority. The client itself is not used. */
function redisOf(config: Config, onError: (error: Error) => void) {
  if (config.REDIS_CA === undefined) return config.REVOCATION_REDIS_URL
  const client = createRedis(redisServers(config).stream, { commandTimeoutMs: 2000, onError })
  client.disconnect()
  return client
}

function keysOf(config: Config) {
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

/** Null if it is not known where clients reach the gateway. Then tokens that are bound to a key are refused. */
const dpopFor = (urls: readonly string[]): Dpop | null =>
  // The service that is called uses the proof up, in the Redis of all its processes. Here it would be used up before.
  urls.length > 0 ? createDpop({ urls, replays: { remember: () => Promise.resolve(true) } }) : null
