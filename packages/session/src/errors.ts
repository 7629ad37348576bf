// The error of a refused token: its code, message, HTTP status and headers.
import { dpopChallenge } from '@postern/contract/dpop'

const MESSAGES = {
  missing_token: 'An access token is required',
  malformed_token: 'The access token is malformed',
  wrong_algorithm: 'The access token uses an algorithm that is not accepted',
  unknown_key: 'The access token is signed by an unknown key',
  bad_signature: 'The signature of the access token is invalid',
  wrong_issuer: 'The access token has another issuer',
  wrong_audience: 'The access token is for another audience',
  invalid_claims: 'A claim of the access token is missing or has the wrong type',
  not_yet_valid: 'The access token is not valid yet',
  expired: 'The access token has expired',
  revoked: 'The access token has been revoked',
  proof_required: 'The access token needs a DPoP proof',
  wrong_key: 'The DPoP proof has another key than the access token',
  invalid_proof: 'The DPoP proof is not valid',
  use_nonce: 'The DPoP proof needs the nonce of this response',
  csrf_rejected: 'The request failed the CSRF check',
  insufficient_role: 'The required role is missing',
  authentication_too_old: 'More recent authentication is required',
  authentication_too_weak: 'A different authentication level is required',
  not_ready: 'Revocations have not been loaded yet',
  stale: 'The known revocations are out of date',
  memory_full: 'There are more revocations than the configured limit',
  keys_unavailable: 'The signing keys could not be fetched',
  revocations_unavailable: 'Revocations could not be checked',
  replays_unavailable: 'Used DPoP proofs could not be checked',
  closed: 'The validator is closed',
} as const

/** The reason of a refusal, for programs. The README explains each one. */
export type SessionErrorCode = keyof typeof MESSAGES

/** What the person must prove before the request can succeed (RFC 9470). */
export interface RequiredAuthentication {
  /** How old the last proof may be, in seconds. */
  readonly maxAge?: number
  /** The level of authentication: `aal2`. */
  readonly acrValues?: string
}

/** 401: the token is missing or not valid, or the person must prove again who they are. 403: the role is missing, or the CSRF check failed. 503: no decision is possible now. */
export type SessionErrorStatus = 401 | 403 | 503

const UNAVAILABLE: ReadonlySet<string> = new Set([
  'not_ready',
  'stale',
  'memory_full',
  'keys_unavailable',
  'revocations_unavailable',
  'replays_unavailable',
  'closed',
])

/** The refusals whose challenge has the DPoP scheme (RFC 9449 section 7.1), and the error that it names. */
const DPOP_ERRORS = new Map<SessionErrorCode, string>([
  ['proof_required', 'invalid_token'],
  ['wrong_key', 'invalid_token'],
  ['invalid_proof', 'invalid_dpop_proof'],
  ['use_nonce', 'use_dpop_nonce'],
])

/** The codes of the service for the same. */
const GRAPHQL_CODES = new Map<SessionErrorCode, string>([
  ['invalid_proof', 'INVALID_DPOP_PROOF'],
  ['use_nonce', 'USE_DPOP_NONCE'],
])

function statusOf(code: SessionErrorCode): SessionErrorStatus {
  if (UNAVAILABLE.has(code)) return 503
  return code === 'insufficient_role' || code === 'csrf_rejected' ? 403 : 401
}

/**
 * The only error that validation throws. Its message contains no part of the token.
 *
 * @example
 * ```ts
 * import { SessionError, type SessionValidator } from '@postern/session'
 *
 * function statusFor(sessions: SessionValidator, token: string): number {
 *   try {
 *     sessions.validate(token)
 *     return 200
 *   } catch (error) {
 *     if (error instanceof SessionError) return error.status // 401 or 503
 *     throw error
 *   }
 * }
 * ```
 */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  /** The literal reason. */
  readonly code: SessionErrorCode
  /** The HTTP status of the response. */
  readonly status: SessionErrorStatus

  /** For `authentication_too_old` and `authentication_too_weak`: what is required. Otherwise null. */
  readonly required: RequiredAuthentication | null

  /** For `use_nonce`: the nonce that the next proof must contain. Otherwise null. */
  readonly nonce: string | null

  constructor(
    code: SessionErrorCode,
    options: { detail?: string; required?: RequiredAuthentication; nonce?: string; cause?: unknown } = {},
  ) {
    super(options.detail === undefined ? MESSAGES[code] : `${MESSAGES[code]}: ${options.detail}`, options)
    this.code = code
    this.required = options.required ?? null
    this.nonce = options.nonce ?? null
    this.status = statusOf(code)
  }

  /**
   * The headers of the response: `WWW-Authenticate` (RFC 6750) or, for 503, `Retry-After` in seconds. With `DPoP-Nonce` for
   * `use_nonce`.
   */
  get headers(): Record<string, string> {
    if (this.status === 503) return { 'retry-after': '1' }
    if (this.wwwAuthenticate === '') return {}
    return { 'www-authenticate': this.wwwAuthenticate, ...(this.nonce !== null && { 'dpop-nonce': this.nonce }) }
  }

  /** The value of `WWW-Authenticate` (RFC 6750 section 3, and RFC 9470 for a step-up). Empty for 503 and `csrf_rejected`: another token would not help. */
  get wwwAuthenticate(): string {
    if (this.status === 503 || this.code === 'csrf_rejected') return ''
    // Section 3.1: a request without a token gets no error code.
    if (this.code === 'missing_token') return 'Bearer'
    const dpopError = DPOP_ERRORS.get(this.code)
    if (dpopError !== undefined) return dpopChallenge(dpopError, this.message)
    if (this.required) {
      const { maxAge, acrValues } = this.required
      const age = maxAge === undefined ? '' : `, max_age="${maxAge}"`
      const level = acrValues === undefined ? '' : `, acr_values="${acrValues}"`
      return `Bearer error="insufficient_user_authentication", error_description="${this.message}"${age}${level}`
    }
    const error = this.status === 403 ? 'insufficient_scope' : 'invalid_token'
    return `Bearer error="${error}", error_description="${this.message}"`
  }

  /** The response, for frameworks on fetch: status, headers, and `{ code, message }` as JSON. Hono calls it. */
  getResponse(): Response {
    const headers = { ...this.headers, 'content-type': 'application/json', 'cache-control': 'no-store' }
    return new Response(JSON.stringify({ code: this.code, message: this.message }), { status: this.status, headers })
  }

  /** What GraphQL servers such as Apollo use: a stable code, and the HTTP status and headers. */
  get extensions(): {
    code: string
    maxAge?: number
    nonce?: string
    http: { status: number; headers: Map<string, string> }
  } {
    const ofStatus = this.status === 401 ? 'UNAUTHENTICATED' : this.status === 403 ? 'FORBIDDEN' : 'SERVICE_UNAVAILABLE'
    const code = GRAPHQL_CODES.get(this.code) ?? ofStatus
    // Apollo Server iterates over the headers, and GraphQL Yoga copies their properties.
    const headers = Object.assign(new Map(Object.entries(this.headers)), this.headers)
    const http = { status: this.status, headers }
    if (this.nonce !== null) return { code, nonce: this.nonce, http }
    if (!this.required) return { code, http }
    const { maxAge } = this.required
    // The code of the service for the same.
    return { code: 'REAUTHENTICATION_REQUIRED', ...(maxAge !== undefined && { maxAge }), http }
  }
}
