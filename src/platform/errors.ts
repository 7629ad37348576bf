import type { ErrorCode, FieldProblem } from '@postern/contract/errors'

export type { ErrorCode, FieldProblem }

/** Said where a code needs no words of its own. */
const MESSAGES: Record<ErrorCode, string> = {
  UNAUTHENTICATED: 'Sign in first: this needs a valid access token.',
  REFRESH_TOKEN_REUSED: 'This refresh token has been used before, so its session was ended. Sign in again.',
  FORBIDDEN: 'Your account may not do this.',
  INVALID_INPUT: 'Some of the input is not valid: see extensions.fields.',
  EMAIL_EXISTS: 'An account with this e-mail address exists already. Sign in instead.',
  USERNAME_TAKEN: 'This username is taken. Choose another one.',
  USERNAME_RESERVED: 'This username is reserved. Choose another one.',
  WEAK_PASSWORD: 'This password is easy to guess. Choose another one.',
  RATE_LIMITED: 'That was too often. Try again later.',
  NOT_FOUND: 'There is no such thing.',
  SERVICE_UNAVAILABLE: 'The service cannot answer right now. Try again in a moment.',
  INTERNAL_SERVER_ERROR: 'Something went wrong on our side. Give the request id when you report it.',
}

/** An error whose code and message are meant for the client. The cause is logged and never sent. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  readonly code: ErrorCode
  readonly fields: readonly FieldProblem[] | undefined
  /** Whole seconds until another try makes sense. */
  readonly retryAfter: number | undefined

  constructor(
    code: ErrorCode,
    options: { message?: string; fields?: readonly FieldProblem[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(options.message ?? MESSAGES[code], { cause: options.cause })
    this.code = code
    this.fields = options.fields
    this.retryAfter = options.retryAfter
  }
}

/** INVALID_INPUT for one field. */
export const invalidField = (path: string, message: string): AuthError =>
  new AuthError('INVALID_INPUT', { fields: [{ path, message, code: 'INVALID_INPUT' }] })
