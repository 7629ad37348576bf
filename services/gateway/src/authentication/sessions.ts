// Verifies access tokens in this process: without a call to the auth service, and with its revocations from Redis.
import { bearerToken, dpopToken, usesDpop } from '@postern/contract/bearer'
import { type Auth, authenticate, SessionError, type SessionValidator } from '@postern/session'
import { authenticate as authenticateWithProof, createDpop, type Dpop } from '@postern/session/dpop'
import { createTokenValidator } from '@postern/service/callers/validator'
import type { Logger } from '@postern/service/logger'
import type { FastifyRequest } from 'fastify'
import type { Config } from '../config/index.js'

export interface Sessions {
  /** The user of a request. Throws or rejects with a SessionError. */
  readonly authenticate: (request: FastifyRequest) => Auth | Promise<Auth>
  /** Why the token of a request that was authenticated before is refused now. Null: it is still valid. */
  readonly recheck: (request: FastifyRequest) => SessionError | null
  readonly status: SessionValidator['status']
  readonly close: () => Promise<void>
}

export async function createSessions(config: Config, logger: Logger): Promise<Sessions> {
  const validator = await createTokenValidator(config, logger)
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

/** Null if it is not known where clients reach the gateway. Then tokens that are bound to a key are refused. */
const dpopFor = (urls: readonly string[]): Dpop | null =>
  // The service that is called uses the proof up, in the Redis of all its processes. Here it would be used up before.
  urls.length > 0 ? createDpop({ urls, replays: { remember: () => Promise.resolve(true) } }) : null
