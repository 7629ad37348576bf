// Responses to requests that fail outside of GraphQL: in Fastify, before a route is reached, or in another route.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ServiceError } from '@postern/service/errors'
import type { Logger } from '@postern/service/logger'
import { reportError, type RequestFactsStore } from '@postern/service/requests/facts'
import { dpopRefusal } from './dpop.js'

interface Failure {
  status: number
  code: string
  message: string
  retryAfter?: number | undefined
  headers?: Readonly<Record<string, string>> | undefined
}

const badRequest = (status: number, message: string): Failure => ({ status, code: 'BAD_REQUEST', message })

export const MALFORMED_URL = badRequest(400, 'The request URL is malformed.')
export const SEVERAL_HOSTS = badRequest(400, 'Send one Host header.')
export const MALFORMED_HOST = badRequest(
  400,
  'The Host header is malformed, or the one that a proxy sends: Forwarded or X-Forwarded-Host.',
)

export const NOT_DISCOVERABLE: Failure = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'This service has no discovery document. It needs KEYS_DIR, and an https URL as JWT_ISSUER.',
}

export const NO_SIGNALS: Failure = {
  status: 404,
  code: 'NOT_FOUND',
  message: 'This service has no Shared Signals. It needs KEYS_DIR, and an https URL as JWT_ISSUER.',
}

export type ErrorResponder = ReturnType<typeof createErrorResponder>

/** Sends a failure in the shape that GraphQL clients read. */
export const createErrorResponder =
  (requestFacts: RequestFactsStore) =>
  (
    request: FastifyRequest,
    reply: FastifyReply,
    { status, code, message, retryAfter, headers }: Failure,
  ): FastifyReply => {
    reportError(requestFacts.of(request.raw), code)
    if (headers) void reply.headers(headers)
    if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter))
    const extensions = { code, ...(retryAfter !== undefined && { retryAfter }), requestId: request.id }
    return reply.code(status).send({ errors: [{ message, extensions }] })
  }

/** Responds to everything that routes and Fastify throw, and to unknown paths. */
export function addErrorHandlers(http: FastifyInstance, respond: ErrorResponder, logger: Logger): void {
  http.setErrorHandler((error, request, reply) => respond(request, reply, failureOf(error, request.id, logger)))

  http.setNotFoundHandler((request, reply) => {
    const isGraphQL = request.url.split('?')[0] === '/graphql'
    const notFound = { status: 404, code: 'NOT_FOUND', message: 'Not found. The API is at /graphql.' }
    return respond(request, reply, isGraphQL ? badRequest(405, 'Use GET or POST.') : notFound)
  })
}

/** The status of an error that a route throws. Errors of an outage have 503. */
const STATUSES: Partial<Record<ServiceError['code'], number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  MFA_ENROLLMENT_REQUIRED: 403,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  OAUTH_FAILED: 400,
  OAUTH_NOT_LINKED: 403,
  OAUTH_ALREADY_LINKED: 409,
  EMAIL_NOT_VERIFIED: 403,
  MFA_REQUIRED: 403,
}

function failureOf(error: unknown, requestId: string, logger: Logger): Failure {
  if (error instanceof ServiceError) {
    const { code, message, retryAfter } = error
    const headers = dpopRefusal(error)
    if (headers) return { status: 401, code, message, headers }
    return { status: STATUSES[code] ?? 503, code, message, retryAfter }
  }
  const { statusCode = 500, code } = error as { statusCode?: number; code?: string }
  if (statusCode === 413) return badRequest(413, 'The request body is larger than 100 KiB.')
  if (statusCode === 415) return badRequest(415, 'Send the request body as application/json.')
  if (statusCode < 500) return badRequest(400, 'The request body is not valid JSON.')
  logger.error({ requestId, err: error, code }, 'unexpected error')
  const { code: hiddenCode, message } = new ServiceError('INTERNAL_SERVER_ERROR')
  return { status: 500, code: hiddenCode, message }
}
