// Checks DPoP proofs (RFC 9449), by which a client proves that it holds the key that its tokens are bound to.
import { ServiceError } from '@postern/service/errors'
import { onDemand } from '@postern/service/on-demand'
import { SessionError } from '@postern/session'
import type { DpopChecks } from '@postern/session/dpop'
import type { UsedProofs } from '../../repositories/tokens/used-proofs.js'

/** A request with a DPoP header. */
export interface ProofRequest {
  readonly proof: string
  readonly method: string
  /** The host that the client called. */
  readonly host: string | undefined
  /** The path that the client called, without a query. */
  readonly path: string
  /** The access token that must come with this proof. Null without one, as at a login. */
  readonly token: string | null
}

/** A key that a client has proved to hold. */
export interface ProvenKey {
  /** By RFC 7638. */
  readonly thumbprint: string
  /**
   * Uses the proof up. Call it once everything else about the request is known to be genuine, so that strangers can't fill
   * Redis. Throws INVALID_DPOP_PROOF if it was used before, and SERVICE_UNAVAILABLE if Redis can't say.
   */
  readonly use: () => Promise<void>
}

/** Throws INVALID_DPOP_PROOF, USE_DPOP_NONCE with `nonce`, and FORBIDDEN if the service has no DPoP. */
export type CheckProof = (request: ProofRequest) => Promise<ProvenKey>

interface Options {
  /** Where clients reach the service. Null: at the URL that each request was sent to, if it is on this machine. */
  urls: readonly string[] | null
  used: UsedProofs
  nonce: { secret: string; required: boolean }
  now: () => number
}

/** For developers: no other machine can have this host. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/

const unknownUrl = () =>
  new ServiceError('FORBIDDEN', { message: 'This service has no DPoP. It needs DPOP_URLS or APP_URL.' })

export function createCheckProof({ urls, used, nonce, now }: Options): CheckProof {
  /** With the first proof: most deployments never need it. */
  const { get: load } = onDemand(async (): Promise<DpopChecks> => {
    const { createDpop } = await import('@postern/session/dpop')
    return createDpop({ urls: urls ?? ['http://localhost'], replays: used, nonce, now })
  })

  function urlsOf({ host = '', path }: ProofRequest): string[] {
    const own = urls ?? (LOOPBACK.test(host) ? [`http://${host}`] : [])
    if (own.length === 0) throw unknownUrl()
    return own.map((url) => url + path)
  }

  return async (request) => {
    const { proof: header, method, token } = request
    const proved = { header, method, urls: urlsOf(request), token }
    const { prove } = await load()
    const key = await prove(proved).catch(rethrow)
    return { thumbprint: key.thumbprint, use: () => key.use().catch(rethrow) }
  }
}

function rethrow(error: unknown): never {
  throw asServiceError(error)
}

/** The error of the service for one of the package. */
function asServiceError(error: unknown): unknown {
  if (!(error instanceof SessionError)) return error
  const { code, message, nonce, cause } = error
  if (code === 'replays_unavailable') return new ServiceError('SERVICE_UNAVAILABLE', { cause, retryAfter: 1 })
  if (code === 'use_nonce') return new ServiceError('USE_DPOP_NONCE', { details: { nonce } })
  return new ServiceError('INVALID_DPOP_PROOF', { message: `${message}.` })
}
