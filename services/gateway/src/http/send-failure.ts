// Sends errors in the protocol of the request.
import type { Logger } from '@postern/service/logger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Facts } from './facts.js'
import { badRequest, Failure, notFound, unexpected } from './failure.js'
import { sendGrpcWebFailure } from '../grpc-web/response.js'
import { PROBLEM_TYPE, problemOf } from './problem.js'

export function sendFailure(request: FastifyRequest, reply: FastifyReply, { parts }: Failure): FastifyReply {
  // Absent if the request failed before the first hook.
  const facts = request.facts as Facts | undefined
  if (facts) facts.code = parts.code
  const { headers, retryAfter, status } = parts
  if (headers) void reply.headers(headers)
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter))
  void reply.header('x-request-id', request.id).header('cache-control', 'no-store')
  if (facts && facts.protocol !== 'rest') return sendGrpcWebFailure(reply, facts.protocol, parts)
  // As bytes: Fastify adds a charset to a text, which this type does not have.
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problemOf(parts, request.id))))
}

/** Responds to everything that hooks, routes and Fastify throw, and to unknown paths. */
export function addErrorHandlers(http: FastifyInstance, logger: Logger): void {
  http.setErrorHandler((error, request, reply) => {
    const failure = failureOf(error)
    if (failure.parts.status === 500)
      logger.error({ requestId: request.id, err: failure.cause ?? failure }, 'unexpected error')
    return sendFailure(request, reply, failure)
  })
  http.setNotFoundHandler((request, reply) => sendFailure(request, reply, notFound()))
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  const { statusCode } = error as { statusCode?: number }
  if (statusCode === 413) return badRequest('The request body is too large.', 413)
  if (statusCode === 415) return badRequest('Send the request body as application/json.', 415)
  if (statusCode !== undefined && statusCode < 500) return badRequest('The request could not be read.')
  return unexpected(error)
}
