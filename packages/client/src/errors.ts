import type { ErrorCode, FieldProblem, RequestErrorCode } from '@postern/contract/errors'

export type { FieldProblem }

/** The codes of the service, and those of this package for requests that got no answer from the service. */
export type PosternErrorCode = ErrorCode | RequestErrorCode | 'NETWORK_ERROR' | 'TIMEOUT' | 'BAD_RESPONSE'

/** What a {@link PosternError} knows beside its code. */
export interface PosternErrorDetails {
  readonly message: string
  readonly fields?: readonly FieldProblem[] | undefined
  readonly retryAfter?: number | undefined
  readonly requestId?: string | undefined
  readonly cause?: unknown
}

/**
 * The only error that calls reject with, except for the reason of a signal that was aborted, and a TypeError for variables
 * that are no JSON. Its message is meant for people; programs go by the code.
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
 *   for (const { path, message } of error.fields) console.log(`${path} ${message}`)
 * }
 * ```
 */
export class PosternError extends Error {
  override readonly name = 'PosternError'
  /** The literal reason. A service newer than this package may send one that is not in the type. */
  readonly code: PosternErrorCode
  /** With INVALID_INPUT, each place that is wrong. */
  readonly fields: readonly FieldProblem[]
  /** Seconds until another try makes sense, where the service says so. */
  readonly retryAfter: number | undefined
  /** Under which the service's log speaks of the request. */
  readonly requestId: string | undefined

  constructor(code: PosternErrorCode, { message, fields = [], retryAfter, requestId, cause }: PosternErrorDetails) {
    super(message, { cause })
    this.code = code
    this.fields = fields
    this.retryAfter = retryAfter
    this.requestId = requestId
  }
}

/** Whether it is the error of this package with one of these codes. */
export const hasCode = (error: unknown, ...codes: PosternErrorCode[]): error is PosternError =>
  error instanceof PosternError && codes.includes(error.code)
