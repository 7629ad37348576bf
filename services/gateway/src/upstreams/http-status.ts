// The HTTP status of an error: by its code, or else by the usual mapping of google.rpc.Code.
import { status } from '@grpc/grpc-js'

/** Where the usual mapping is not what a client of REST expects. docs/errors.md has the same table. */
const BY_CODE: Readonly<Record<string, number>> = {
  // RFC 9470: the challenge of a step-up comes with 401.
  REAUTHENTICATION_REQUIRED: 401,
  INVALID_DPOP_PROOF: 401,
  USE_DPOP_NONCE: 401,
  REFRESH_TOKEN_REUSED: 401,
  // The first factor was right, so that 401 would say the wrong thing.
  MFA_REQUIRED: 403,
  MFA_ENROLLMENT_REQUIRED: 403,
  EMAIL_NOT_VERIFIED: 403,
  ACCOUNT_DELETION_PENDING: 403,
  REGISTRATION_CLOSED: 403,
  OAUTH_NOT_LINKED: 403,
  EMAIL_EXISTS: 409,
  USERNAME_TAKEN: 409,
  OAUTH_ALREADY_LINKED: 409,
  MAIL_UNAVAILABLE: 503,
}

const BY_STATUS: Readonly<Record<status, number>> = {
  [status.OK]: 200,
  // nginx's: the client closed the request.
  [status.CANCELLED]: 499,
  [status.UNKNOWN]: 500,
  [status.INVALID_ARGUMENT]: 400,
  [status.DEADLINE_EXCEEDED]: 504,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.PERMISSION_DENIED]: 403,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.FAILED_PRECONDITION]: 400,
  [status.ABORTED]: 409,
  [status.OUT_OF_RANGE]: 400,
  [status.UNIMPLEMENTED]: 501,
  [status.INTERNAL]: 500,
  [status.UNAVAILABLE]: 503,
  [status.DATA_LOSS]: 500,
  [status.UNAUTHENTICATED]: 401,
}

export const httpStatusOf = (code: string, grpc: status): number => BY_CODE[code] ?? BY_STATUS[grpc]
