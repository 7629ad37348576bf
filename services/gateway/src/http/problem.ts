// The body of an error: problem+json (RFC 9457), with the members of Postern's errors.
import { STATUS_CODES } from 'node:http'
import type { FailureParts } from './failure.js'

export const PROBLEM_TYPE = 'application/problem+json'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly requestId: string
  readonly [member: string]: unknown
}

export function problemOf(
  { type = 'about:blank', status, message, code, fields, retryAfter, more }: FailureParts,
  requestId: string,
): Problem {
  return {
    // First, so that no service replaces what follows.
    ...more,
    type,
    // RFC 9457 section 4.2.1: the phrase of the status.
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    code,
    ...(fields && fields.length > 0 && { fields }),
    ...(retryAfter !== undefined && { retryAfter }),
    requestId,
  }
}
