// GET /me/overview: what a start page needs, from several calls at once. What fails is missing, and named in `errors`.
import { fromBinary, type JsonObject, toJson } from '@bufbuild/protobuf'
import type { Logger } from '@postern/service/logger'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Operation } from '../routes/rpc.js'
import { Failure, type FailureParts, unexpected } from '../http/failure.js'
import type { Call } from '../upstreams/calls.js'
import type { Part } from './parts.js'

const OPERATION: Operation = { name: 'Overview', access: 'signed-in' }

/** A part, or why it is missing. */
interface Outcome {
  readonly part: Part
  readonly value: unknown
  readonly failure: Failure | null
}

export function registerOverview(http: FastifyInstance, call: Call, parts: readonly Part[], logger: Logger): void {
  async function read(part: Part, request: FastifyRequest, reply: FastifyReply): Promise<Outcome> {
    const { service, method, message, timeoutMs } = part
    if (part.isFor?.(request) === false) return { part, value: null, failure: null }
    try {
      const response = await call(request, reply, { service, method }, message(request), timeoutMs)
      const json = toJson(method.output, fromBinary(method.output, response.message), { alwaysEmitImplicit: true })
      return { part, value: part.read(json as JsonObject) ?? null, failure: null }
    } catch (error) {
      if (error instanceof Failure) return { part, value: null, failure: error }
      logger.error({ requestId: request.id, part: part.name, err: error }, 'unexpected error')
      return { part, value: null, failure: unexpected(error) }
    }
  }

  http.get('/me/overview', { config: { operation: OPERATION } }, async (request, reply) => {
    const outcomes = await Promise.all(parts.map((part) => read(part, request, reply)))
    const failures = outcomes.flatMap(({ failure }) => failure ?? [])
    // Without a valid token, a request gets no part, not even one that a service would send to everyone.
    const refused = failures.find(({ parts: { status } }) => status === 401)
    const hasNone = outcomes.every(({ value }) => value === null)
    const failure = refused ?? (hasNone ? failures[0] : undefined)
    if (failure) throw failure
    return {
      ...Object.fromEntries(outcomes.map(({ part, value }) => [part.name, value])),
      errors: outcomes.flatMap(({ part, failure }) => (failure ? errorOf(part, failure.parts) : [])),
    }
  })
}

const errorOf = ({ name }: Part, { code, message, retryAfter }: FailureParts) => ({
  part: name,
  code,
  message,
  ...(retryAfter !== undefined && { retryAfter }),
})
