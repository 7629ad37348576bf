// Reads and checks the claims of a verified payload.
import type { Claims } from '@postern/contract/claims'
import { SessionError } from './errors.js'
import { isBetween } from './numbers.js'

export type { Acr, Amr, Claims } from '@postern/contract/claims'

/** Options about claims. */
export interface ClaimOptions {
  /** The `iss` of accepted tokens. Default `postern`. */
  readonly issuer?: string
  /** The `aud` of accepted tokens. Default `postern`. */
  readonly audience?: string
  /** The allowed difference between clocks in seconds, 0 to 60. Default 30. */
  readonly clockSkew?: number
}

/** The claims that a token must match. */
export interface Expectations {
  readonly issuer: string
  readonly audience: string
  /** The allowed difference between clocks, in seconds. */
  readonly clockSkew: number
}

/** Reads the options. Throws a TypeError for an invalid clock skew. */
export function expectations({ issuer = 'postern', audience = 'postern', clockSkew = 30 }: ClaimOptions): Expectations {
  if (!isBetween(0, clockSkew, 60)) throw new TypeError('clockSkew must be a number of seconds, 0 to 60')
  return { issuer, audience, clockSkew }
}

/**
 * Reads the claims that Postern issues from a payload with a valid signature. Refuses wrong types, and never coerces
 * them.
 *
 * RFC 9068 allows a list in `aud`. Postern names exactly one audience in each token, so a list is refused.
 */
export function readClaims(payload: unknown, expected: Expectations): Claims {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new SessionError('malformed_token')
  const { iss, aud, sub, client_id, sid, jti, gen, iat, nbf, exp, roles, ...proof } = payload as Record<
    keyof Claims,
    unknown
  >
  if (iss !== expected.issuer) throw new SessionError('wrong_issuer')
  if (aud !== expected.audience) throw new SessionError('wrong_audience')
  if (!isId(sub) || !isId(sid) || !isId(jti)) throw new SessionError('invalid_claims')
  // Tokens of earlier versions have none, and are valid until they expire.
  if (client_id !== undefined && !isId(client_id)) throw new SessionError('invalid_claims')
  if (!isCount(gen) || !isCount(iat) || !isCount(nbf) || !isCount(exp)) throw new SessionError('invalid_claims')
  if (!Array.isArray(roles) || !roles.every(isId)) throw new SessionError('invalid_claims')
  const client = client_id === undefined ? {} : { client_id }
  const common = { iss, aud, sub, ...client, sid, jti, gen, iat, nbf, exp, roles: Object.freeze(roles) }
  return Object.freeze({ ...common, ...readProof(proof), ...readConfirmation(proof) })
}

/** The key that the token is bound to. A token that is bound in another way is refused: it would pass as a bearer token. */
function readConfirmation({ cnf }: Partial<Record<keyof Claims, unknown>>): Pick<Claims, 'cnf'> {
  if (cnf === undefined) return {}
  const { jkt, ...others } = (cnf ?? {}) as Record<string, unknown>
  if (typeof jkt !== 'string' || !/^[\w-]{43}$/.test(jkt) || Object.keys(others).length > 0)
    throw new SessionError('invalid_claims')
  return { cnf: Object.freeze({ jkt }) }
}

/**
 * Refuses a token that is bound to a key unless `key` is its thumbprint, and a bearer token with a key: a proof for it proves
 * nothing. `any` refuses neither. A thumbprint is longer.
 */
export function checkBinding({ cnf }: Claims, key: string | undefined): void {
  if (cnf?.jkt === key || key === 'any') return
  throw new SessionError(key === undefined ? 'proof_required' : 'wrong_key')
}

/** When and how the person has proved who they are. Tokens of earlier versions do not say it. */
function readProof({ auth_time, amr, acr }: Partial<Record<keyof Claims, unknown>>) {
  if (auth_time !== undefined && !isTime(auth_time)) throw new SessionError('invalid_claims')
  if (amr !== undefined && !(Array.isArray(amr) && amr.every(isId))) throw new SessionError('invalid_claims')
  if (acr !== undefined && !isId(acr)) throw new SessionError('invalid_claims')
  return {
    ...(auth_time !== undefined && { auth_time }),
    ...(amr !== undefined && { amr: Object.freeze(amr) }),
    ...(acr !== undefined && { acr }),
  }
}

/** Refuses expired and not yet valid claims. `now` is in Unix seconds. */
export function checkTimes(claims: Claims, clockSkew: number, now: number): void {
  // RFC 7519: not accepted on or after `exp`, nor before `nbf`.
  if (now >= claims.exp + clockSkew) throw new SessionError('expired')
  if (now < claims.nbf - clockSkew) throw new SessionError('not_yet_valid')
}

const isId = (value: unknown): value is string => typeof value === 'string' && value.length > 0
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
/** In Unix seconds, and no more than a Date has. */
const isTime = (value: unknown): value is number => isCount(value) && value <= 8.64e12
