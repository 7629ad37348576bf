// The error of a service for a refused access token or DPoP proof.
import { SessionError } from '@postern/session'
import { ServiceError } from '../errors.js'

/** An outage is SERVICE_UNAVAILABLE: a token that can't be checked now is not known to be invalid. Other errors stay as they are. */
export function asServiceError(error: unknown): unknown {
  if (!(error instanceof SessionError)) return error
  const { code, status, message, nonce, cause } = error
  if (status === 503) return new ServiceError('SERVICE_UNAVAILABLE', { cause: cause ?? error, retryAfter: 1 })
  if (status === 403) return new ServiceError('FORBIDDEN')
  if (code === 'use_nonce') return new ServiceError('USE_DPOP_NONCE', { details: { nonce } })
  if (code === 'invalid_proof') return new ServiceError('INVALID_DPOP_PROOF', { message: `${message}.` })
  return new ServiceError('UNAUTHENTICATED', { message: `${message}.` })
}
