// The one error whose code and message are meant for clients.
import { ERROR_MESSAGES } from '@postern/contract/error-messages'
import type { ErrorCode, ErrorReason, FieldProblem } from '@postern/contract/errors'

export type { ErrorCode, FieldProblem }

interface Options {
  message?: string
  reason?: ErrorReason
  fields?: readonly FieldProblem[]
  retryAfter?: number
  /** What a client needs to continue. Sent as further extensions, and never logged. */
  details?: Readonly<Record<string, unknown>>
  cause?: unknown
}

/** The cause is logged and never sent. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ErrorCode
  /** Distinguishes errors with the same code. */
  readonly reason: ErrorReason | undefined
  readonly fields: readonly FieldProblem[] | undefined
  /** Whole seconds until a retry can succeed. */
  readonly retryAfter: number | undefined
  /** What a client needs to continue, for its extensions. May contain a secret of the caller: never log it. */
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: ErrorCode, options: Options = {}) {
    super(options.message ?? ERROR_MESSAGES[code], { cause: options.cause })
    this.code = code
    this.reason = options.reason
    this.fields = options.fields
    this.retryAfter = options.retryAfter
    this.details = options.details
  }
}

/** INVALID_INPUT for one field. */
export const invalidField = (path: string, message: string): ServiceError =>
  new ServiceError('INVALID_INPUT', { fields: [{ path, message, code: 'INVALID_INPUT' }] })

/** For work that a circuit breaker refuses. `retryAfter`: in seconds. */
export const unavailable = (retryAfter: number): ServiceError => new ServiceError('SERVICE_UNAVAILABLE', { retryAfter })
