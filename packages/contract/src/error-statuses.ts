// The status of each error code in gRPC, and in HTTP at the gateway. docs/errors.md has the same table.
import type { ErrorCode, RequestErrorCode } from './errors.js'

/** The canonical codes of gRPC (google.rpc.Code). */
export const GRPC_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export type GrpcStatus = keyof typeof GRPC_CODES

const NAMES = Object.keys(GRPC_CODES) as GrpcStatus[]

/** The name of a code. UNKNOWN for one that does not exist. */
export const grpcStatusOf = (code: number): GrpcStatus => NAMES[code] ?? 'UNKNOWN'

/** The HTTP status of each code, as google.rpc.Code maps them. For errors without a code of the service. */
export const HTTP_STATUSES: Readonly<Record<GrpcStatus, number>> = {
  OK: 200,
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
}

/** The domain of google.rpc.ErrorInfo, whose `reason` is a code of the service. */
export const ERROR_DOMAIN = 'postern'

/** What a code is in gRPC, and in HTTP at the gateway. */
export interface ErrorStatus {
  readonly grpc: GrpcStatus
  readonly http: number
}

/** `http` by default as google.rpc.Code maps the status. */
const status = (grpc: GrpcStatus, http = HTTP_STATUSES[grpc]): ErrorStatus => ({ grpc, http })

/** BAD_REQUEST is the one code of requests that gRPC has too: a message that can't be read. */
export const ERROR_STATUSES: Readonly<Record<ErrorCode | Extract<RequestErrorCode, 'BAD_REQUEST'>, ErrorStatus>> = {
  UNAUTHENTICATED: status('UNAUTHENTICATED'),
  REFRESH_TOKEN_REUSED: status('UNAUTHENTICATED'),
  INVALID_DPOP_PROOF: status('UNAUTHENTICATED'),
  USE_DPOP_NONCE: status('UNAUTHENTICATED'),
  // RFC 9470: the caller must prove again who they are.
  REAUTHENTICATION_REQUIRED: status('UNAUTHENTICATED'),
  FORBIDDEN: status('PERMISSION_DENIED'),
  MFA_ENROLLMENT_REQUIRED: status('PERMISSION_DENIED'),
  REGISTRATION_CLOSED: status('PERMISSION_DENIED'),
  INVALID_INPUT: status('INVALID_ARGUMENT'),
  BAD_REQUEST: status('INVALID_ARGUMENT'),
  USERNAME_RESERVED: status('INVALID_ARGUMENT'),
  WEAK_PASSWORD: status('INVALID_ARGUMENT'),
  BREACHED_PASSWORD: status('INVALID_ARGUMENT'),
  INVALID_CODE: status('INVALID_ARGUMENT'),
  INVALID_INVITATION: status('INVALID_ARGUMENT'),
  PASSKEY_INVALID: status('INVALID_ARGUMENT'),
  CAPTCHA_REQUIRED: status('INVALID_ARGUMENT'),
  CAPTCHA_INVALID: status('INVALID_ARGUMENT'),
  EMAIL_EXISTS: status('ALREADY_EXISTS'),
  USERNAME_TAKEN: status('ALREADY_EXISTS'),
  OAUTH_ALREADY_LINKED: status('ALREADY_EXISTS'),
  IDEMPOTENCY_KEY_REUSED: status('ALREADY_EXISTS'),
  OAUTH_FAILED: status('FAILED_PRECONDITION'),
  CHALLENGE_EXPIRED: status('FAILED_PRECONDITION'),
  TOO_MANY_PASSKEYS: status('FAILED_PRECONDITION'),
  // The text has changed since it was shown, as a resource can since it was read.
  CONSENT_TEXT_OUTDATED: status('FAILED_PRECONDITION', 409),
  // The account, not the request, is what has to change: a client that repairs requests must not take it for one.
  MFA_REQUIRED: status('FAILED_PRECONDITION', 403),
  OAUTH_NOT_LINKED: status('FAILED_PRECONDITION', 403),
  EMAIL_NOT_VERIFIED: status('FAILED_PRECONDITION', 403),
  ACCOUNT_DELETION_PENDING: status('FAILED_PRECONDITION', 403),
  MAIL_UNAVAILABLE: status('UNIMPLEMENTED'),
  NOT_FOUND: status('NOT_FOUND'),
  RATE_LIMITED: status('RESOURCE_EXHAUSTED'),
  SERVICE_UNAVAILABLE: status('UNAVAILABLE'),
  INTERNAL_SERVER_ERROR: status('INTERNAL'),
}

/** The path of a field in a message of protocol buffers, as google.rpc.BadRequest has it: `address.zip_code`. */
export const protoPath = (path: string): string => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The same field in JSON: `address.zipCode`. */
export const jsonPath = (path: string): string =>
  path.replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase())
