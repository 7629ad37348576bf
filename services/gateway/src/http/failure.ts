// The error that the gateway answers a request with, whatever its protocol.
import { status } from '@grpc/grpc-js'
import { ERROR_MESSAGES } from '@postern/contract/error-messages'
import type { FieldProblem } from '@postern/contract/errors'

export type { FieldProblem }

export interface FailureParts {
  /** Of HTTP. */
  readonly status: number
  /** Of google.rpc.Code, for gRPC-Web. */
  readonly grpc: status
  /** For programs: docs/errors.md. */
  readonly code: string
  /** For people. */
  readonly message: string
  readonly fields?: readonly FieldProblem[]
  /** In seconds. By default 1 with 429 and 503. */
  readonly retryAfter?: number
  /** A URI of RFC 9457. By default about:blank. */
  readonly type?: string
  /** More members, such as `challenge`. */
  readonly more?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** The encoded google.rpc.Status of the service, which gRPC-Web passes on. */
  readonly encodedStatus?: Uint8Array | null
}

/** Statuses after which a client should try again. They say when, also if a service has not said it. */
const COMES_BACK = new Set([429, 503])
const RETRY_AFTER = 1

/** Thrown by hooks and handlers. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly parts: FailureParts

  constructor(parts: FailureParts, options?: ErrorOptions) {
    super(parts.message, options)
    const { retryAfter = COMES_BACK.has(parts.status) ? RETRY_AFTER : undefined } = parts
    this.parts = retryAfter === undefined ? parts : { ...parts, retryAfter }
  }
}

const { UNAUTHENTICATED, FORBIDDEN, SERVICE_UNAVAILABLE, INTERNAL_SERVER_ERROR } = ERROR_MESSAGES

/** Of the gateway's own errors. What a token lacks is in the header WWW-Authenticate. */
export const MESSAGES = { UNAUTHENTICATED, FORBIDDEN, SERVICE_UNAVAILABLE, INTERNAL_SERVER_ERROR } as const

/** The request can't succeed as it is. */
export const badRequest = (message: string, http = 400): Failure =>
  new Failure({ status: http, grpc: status.INVALID_ARGUMENT, code: 'BAD_REQUEST', message })

export const fieldProblem = (path: string, message: string): FieldProblem => ({ path, message, code: 'INVALID_INPUT' })

/** Fields of the request are wrong: all of them are listed. */
export const invalidInput = (fields: readonly FieldProblem[]): Failure =>
  new Failure({
    status: 400,
    grpc: status.INVALID_ARGUMENT,
    code: 'INVALID_INPUT',
    message: 'Check the marked fields.',
    fields,
  })

export const notFound = (): Failure =>
  new Failure({ status: 404, grpc: status.UNIMPLEMENTED, code: 'NOT_FOUND', message: 'There is no such path.' })

/** `allowed`: the methods that the path has. */
export const methodNotAllowed = (allowed: readonly string[]): Failure =>
  new Failure({
    status: 405,
    grpc: status.UNIMPLEMENTED,
    code: 'BAD_REQUEST',
    message: `Use ${allowed.join(' or ')}.`,
    headers: { allow: allowed.join(', ') },
  })

export const unexpected = (cause: unknown): Failure => {
  const code = 'INTERNAL_SERVER_ERROR'
  return new Failure({ status: 500, grpc: status.INTERNAL, code, message: MESSAGES[code] }, { cause })
}
