// What the gateway responds to a request without a valid token.
import { status } from '@grpc/grpc-js'
import type { SessionError } from '@postern/session'
import type { FastifyRequest } from 'fastify'
import { inSchemeOf } from '../http/challenges.js'
import { Failure, MESSAGES } from '../http/failure.js'

const STATUSES = { 401: status.UNAUTHENTICATED, 403: status.PERMISSION_DENIED, 503: status.UNAVAILABLE } as const

/** With the challenge of RFC 6750 or RFC 9449, or with Retry-After while no decision is possible. */
export function failureOf(error: SessionError, request: FastifyRequest): Failure {
  const { status: http, headers, extensions } = error
  const texts: Readonly<Record<string, string | undefined>> = MESSAGES
  const { 'retry-after': retryAfter, 'www-authenticate': challenge, ...others } = headers
  return new Failure(
    {
      status: http,
      grpc: STATUSES[http],
      code: extensions.code,
      message: texts[extensions.code] ?? `${error.message}.`,
      headers: { ...others, ...(challenge !== undefined && { 'www-authenticate': inSchemeOf(request, challenge) }) },
      ...(retryAfter !== undefined && { retryAfter: Number(retryAfter) }),
    },
    { cause: error },
  )
}
