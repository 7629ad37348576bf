// The error codes of the service.

/** Every code that the service's own errors carry in `extensions.code`; docs/errors.md explains each. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'REFRESH_TOKEN_REUSED'
  | 'INVALID_DPOP_PROOF'
  | 'USE_DPOP_NONCE'
  | 'FORBIDDEN'
  | 'INVALID_INPUT'
  | 'EMAIL_EXISTS'
  | 'USERNAME_TAKEN'
  | 'USERNAME_RESERVED'
  | 'WEAK_PASSWORD'
  | 'BREACHED_PASSWORD'
  | 'INVALID_CODE'
  | 'MFA_REQUIRED'
  | 'MFA_ENROLLMENT_REQUIRED'
  | 'REAUTHENTICATION_REQUIRED'
  | 'OAUTH_FAILED'
  | 'OAUTH_NOT_LINKED'
  | 'OAUTH_ALREADY_LINKED'
  | 'EMAIL_NOT_VERIFIED'
  | 'ACCOUNT_DELETION_PENDING'
  | 'REGISTRATION_CLOSED'
  | 'INVALID_INVITATION'
  | 'MAIL_UNAVAILABLE'
  | 'PASSKEY_INVALID'
  | 'CHALLENGE_EXPIRED'
  | 'TOO_MANY_PASSKEYS'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'CAPTCHA_REQUIRED'
  | 'CAPTCHA_INVALID'
  | 'CONSENT_TEXT_OUTDATED'
  | 'RATE_LIMITED'
  | 'NOT_FOUND'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR'

/** Codes for requests that never reach an operation: malformed HTTP or GraphQL. */
export type RequestErrorCode =
  | 'BAD_REQUEST'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'OPERATION_RESOLUTION_FAILURE'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'

/**
 * Distinguishes the causes of one code: UNAUTHENTICATED with INVALID_CREDENTIALS is a wrong password, not an old session; with
 * SESSION_ENDED, it is the last message of a subscription whose session was ended; with UNKNOWN_PASSKEY, the service does not have
 * the passkey, or not anymore.
 */
export type ErrorReason = 'INVALID_CREDENTIALS' | 'SESSION_ENDED' | 'UNKNOWN_PASSKEY'

/** What is wrong with one field of the input. */
export interface FieldProblem {
  /** Dotted, and starts inside the input: `address.zipCode`. */
  readonly path: string
  /** A sentence that can be shown next to the field. */
  readonly message: string
  /** Why: `INVALID_INPUT`, or a code of its own such as `EMAIL_EXISTS`. */
  readonly code: ErrorCode
}
