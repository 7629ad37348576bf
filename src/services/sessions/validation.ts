// Says whether an access token may be accepted, for services that can't check tokens themselves.
import type { Claims } from '@postern/contract/claims'
import { ServiceError } from '@postern/service/errors'
import {
  createSessionValidator,
  SessionError,
  type SessionValidator,
  type SessionValidatorOptions,
} from '@postern/session'
import type { SessionTokens } from './session-tokens.js'
import type { SessionService } from './sessions.js'

export interface TokenValidation {
  /**
   * The claims of a token that may be accepted, whatever key it is bound to; otherwise null. Returns no promise while this
   * process follows the revocations. Otherwise MySQL decides. Rejects with SERVICE_UNAVAILABLE.
   */
  validate(token: string): Claims | null | Promise<Claims | null>
  close(): Promise<void>
}

type Count = (result: 'success' | 'refused' | 'failed') => void

interface Dependencies extends Pick<SessionValidatorOptions, 'redis' | 'revocationKey' | 'onError'> {
  sessions: Pick<SessionService, 'claimsOf'>
  access: SessionTokens['access']
  /** Called for each token. */
  count: Count
}

/**
 * With the first token, this process starts to follow the revocations in Redis, as validators of other services do: from then
 * on it knows of a logout within milliseconds, without a look at any store. `revocationKey` signs them.
 */
export function createTokenValidation({ sessions, access, count, ...stream }: Dependencies): TokenValidation {
  let starting: Promise<void> | null = null
  let validator: SessionValidator | null = null

  async function start(): Promise<void> {
    // While it can't know, MySQL decides.
    const unknown = { whenDisconnected: 'deny', waitForReady: 0 } as const
    validator = await createSessionValidator({ ...access.verification, ...stream, ...unknown })
  }

  async function stored(token: string): Promise<Claims | null> {
    try {
      const claims = await sessions.claimsOf(token)
      count('success')
      return claims
    } catch (error) {
      const isRefused = error instanceof ServiceError && error.code === 'UNAUTHENTICATED'
      count(isRefused ? 'refused' : 'failed')
      if (isRefused) return null
      throw error
    }
  }

  return {
    validate(token) {
      starting ??= start()
      const found = validator ? followed(validator, token) : undefined
      if (found === undefined) return stored(token)
      count(found ? 'success' : 'refused')
      return found
    },

    async close() {
      await starting
      await validator?.close()
    },
  }
}

/** Undefined if the revocations are not known, or not recent. */
function followed(validator: SessionValidator, token: string): Claims | null | undefined {
  try {
    return validator.validate(token, 'any')
  } catch (error) {
    if (!(error instanceof SessionError)) throw error
    return error.status === 401 ? null : undefined
  }
}
