// DPoP (RFC 9449) in HTTP: the proof of a request, and the headers of a refusal.
import { dpopToken } from '@postern/contract/bearer'
import { dpopChallenge } from '@postern/contract/dpop'
import type { ServiceError } from '@postern/service/errors'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { IncomingHttpHeaders } from 'node:http'
import type { CheckProof, ProvenKey } from '../services/tokens/index.js'

const ERRORS: Partial<Record<ServiceError['code'], string>> = {
  INVALID_DPOP_PROOF: 'invalid_dpop_proof',
  USE_DPOP_NONCE: 'use_dpop_nonce',
}

/** The part of a request that a proof is for. Node.js joins the values of several headers. */
export interface ProvedRequest {
  readonly url?: string | undefined
  readonly headers: Pick<IncomingHttpHeaders, 'authorization'> & { readonly dpop?: string | string[] | undefined }
}

/** Null without a proof, as for nearly all requests. */
export function proofCheckOf(
  { url = '', headers: { dpop, authorization } }: ProvedRequest,
  { method, host }: Pick<RequestFacts, 'method' | 'host'>,
  checkProof: CheckProof,
): (() => Promise<ProvenKey>) | null {
  if (dpop === undefined) return null
  const path = url.split('?', 1)[0] ?? ''
  return () => checkProof({ proof: String(dpop), method, host, path, token: dpopToken(authorization) })
}

/** The headers of a response that refuses a proof, with status 401. Null for any other error. */
export function dpopRefusal({ code, message, details }: ServiceError): Record<string, string> | null {
  const error = ERRORS[code]
  if (error === undefined) return null
  const nonce = details?.['nonce']
  return {
    'www-authenticate': dpopChallenge(error, message),
    ...(typeof nonce === 'string' && { 'dpop-nonce': nonce }),
    // Pages of other origins can read no other headers.
    'access-control-expose-headers': 'DPoP-Nonce, WWW-Authenticate',
  }
}
