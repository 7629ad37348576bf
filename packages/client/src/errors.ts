// The only error that calls reject with, and its codes.
import type {
  ErrorCode,
  ErrorReason,
  FieldProblem as ServiceFieldProblem,
  RequestErrorCode,
} from '@postern/contract/errors'

/** What is wrong with one field of the input. Older services don't send `code`. */
export type FieldProblem = Pick<ServiceFieldProblem, 'path' | 'message'> & {
  readonly code?: PosternErrorCode | undefined
}

/** The codes of the service, and those of this package. */
export type PosternErrorCode = ErrorCode | RequestErrorCode | ClientErrorCode | PasskeyErrorCode

/** The codes of calls that got no response from the service. */
type ClientErrorCode = 'NETWORK_ERROR' | 'TIMEOUT' | 'BAD_RESPONSE' | 'TOKEN_IN_COOKIE' | 'CLOSED'

/** The codes of browsers' ceremonies: see `@postern/client/passkeys`. */
type PasskeyErrorCode = 'PASSKEY_CANCELED' | 'PASSKEY_EXISTS' | 'PASSKEY_UNAVAILABLE'

/** Distinguishes the causes of one code: UNAUTHENTICATED with INVALID_CREDENTIALS is a wrong password, not an old session. */
export type PosternErrorReason = ErrorReason

/** What a {@link PosternError} contains besides its code. */
export interface PosternErrorDetails {
  readonly message: string
  readonly reason?: PosternErrorReason | undefined
  readonly fields?: readonly FieldProblem[] | undefined
  readonly retryAfter?: number | undefined
  readonly challenge?: string | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/**
 * The only error that calls reject with, except for the reason of an aborted signal, a TypeError for variables that can't be
 * written as JSON, and errors of Next.js with a `digest`. Show its message to users; decide by its code.
 *
 * @example
 * ```ts
 * import { createClient, PosternError } from '@postern/client'
 *
 * const client = createClient({ url: '/graphql' })
 * try {
 *   await client.register({ email: 'ada@example.com', password: 'correct horse', username: 'ada' })
 * } catch (error) {
 *   if (!(error instanceof PosternError)) throw error
 *   if (error.code === 'EMAIL_EXISTS') console.log('Sign in instead?')
 *   for (const { path, message } of error.fields) console.log(`${path}: ${message}`)
 * }
 * ```
 */
export class PosternError extends Error {
  override readonly name = 'PosternError'
  /** A service newer than this package may send a code that is not in the type. */
  readonly code: PosternErrorCode
  /** More about the code, where the service sends it. */
  readonly reason: PosternErrorReason | undefined
  /** With INVALID_INPUT, EMAIL_EXISTS, USERNAME_TAKEN and WEAK_PASSWORD: the fields to correct. */
  readonly fields: readonly FieldProblem[]
  /** Seconds until another try makes sense, where the service sends them. */
  readonly retryAfter: number | undefined
  /** With MFA_REQUIRED: what `verifyMfa` of `@postern/client/mfa` needs, besides a code. */
  readonly challenge: string | undefined
  /** Identifies the request in the service's log. */
  readonly requestId: string | undefined

  constructor(code: PosternErrorCode, details: PosternErrorDetails) {
    super(details.message, { cause: details.cause })
    this.code = code
    this.reason = details.reason
    this.fields = details.fields ?? []
    this.retryAfter = details.retryAfter
    this.challenge = details.challenge
    this.requestId = details.requestId
  }
}

/** Whether it is a PosternError with one of these codes. */
export const hasCode = (error: unknown, ...codes: PosternErrorCode[]): error is PosternError =>
  error instanceof PosternError && codes.includes(error.code)
