// The fast path: answers compiled @hot queries in front of Fastify and Apollo Server.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ExecutionResult } from 'graphql'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { RequestFacts, RequestFactsStore } from '../request-facts.js'
import type { RequestHooks } from '../request-hooks.js'
import { createResponses } from '../responses.js'
import type { FlatHeaders } from '../security-headers.js'
import { createCompiledQueries, type ValidOperation } from './compiled-queries.js'
import { bodyLength, parseBody, readBody } from './request-body.js'

/** How many Accept headers are kept. */
const MAX_ACCEPTS = 100

/** Takes a request that the fast path does not answer. */
export type NextHandler = (request: IncomingMessage, response: ServerResponse) => void

interface Options {
  requestFacts: RequestFactsStore
  hooks: RequestHooks
  /** The headers of every response. */
  headersOf: (origin: string | undefined) => FlatHeaders
}

/** The context of marked fields, whose result must not depend on the caller. Access is an error, so Apollo Server answers. */
const NO_CONTEXT = new Proxy(
  {},
  {
    get() {
      throw new Error('The resolver of a field marked @hot must not read the context.')
    },
  },
)

export type FastPath = ReturnType<typeof createFastPath>

/**
 * Answers queries that select only fields marked `@hot`, from their second use on (docs/adr/0009). It answers only if
 * the response is certain to be the same as Apollo Server's. It passes on everything else: queries that Apollo Server has
 * not executed before, and every error.
 */
export function createFastPath({ requestFacts, hooks, headersOf }: Options) {
  const queries = createCompiledQueries()
  const respond = createResponses({ hooks, headersOf })
  /** The content type that Apollo Server chose for each Accept header. */
  const contentTypes = new LRUCache<string, string>({ max: MAX_ACCEPTS })
  /** The bodies of requests that were read and then passed on. */
  const bodies = new WeakMap<IncomingMessage, Buffer>()

  /** Resolves to false if nothing will be sent. Rejects if a hook refuses the request. */
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    facts: RequestFacts,
  ): Promise<boolean> {
    const { headers } = request
    const parsed = parseBody(body)
    const query = parsed && queries.find(parsed.query, parsed.operationName)
    const contentType = contentTypes.get(headers.accept ?? '')
    if (!query || contentType === undefined) return false

    facts.route = '/graphql'
    facts.operation = query.valid.rootFields.label
    facts.calls = query.valid.rootFields.calls
    facts.operationType = 'query'
    hooks.before(facts)
    const { execute } = query
    const { data, errors }: ExecutionResult = await execute(undefined, NO_CONTEXT, parsed.variables ?? {})
    // Apollo Server executes it again. If the store did not respond, its breaker is open by now (platform/breakers.ts), so
    // the second attempt does not wait.
    if (errors !== undefined) return false
    hooks.after(facts)
    respond({ facts, response, origin: headers.origin, contentType, body: `${JSON.stringify({ data })}\n` })
    return true
  }

  return {
    /** Adds an operation that Apollo Server is about to execute. */
    addOperation: (valid: ValidOperation): void => queries.add(valid),

    /** Adds the content type of a response of Apollo Server, before it is sent. */
    addContentType({ raw }: FastifyRequest, reply: FastifyReply): void {
      const contentType = reply.getHeader('content-type')
      if (reply.statusCode === 200 && bodyLength(raw, requestFacts.hostOf) > 0 && typeof contentType === 'string')
        contentTypes.set(raw.headers.accept ?? '', contentType)
    },

    /** Handles every request to the server. Calls `next` with those that it does not answer. */
    handle(request: IncomingMessage, response: ServerResponse, next: NextHandler): void {
      const length = bodyLength(request, requestFacts.hostOf)
      const startedAt = performance.now()
      if (length === 0) return next(request, response)
      readBody(request, length, (body) => {
        const facts = requestFacts.create(request, startedAt)
        const passOn = () => {
          requestFacts.keep(request, facts)
          bodies.set(request, body)
          next(request, response)
        }
        const answering = facts.trace
          ? facts.trace.run(() => answer(request, response, body, facts))
          : answer(request, response, body, facts)
        void answering.then((isAnswered) => isAnswered || passOn(), passOn)
      })
    },

    /** The body of a request that was read and then passed on. */
    bodyOf: (request: IncomingMessage): Buffer | undefined => bodies.get(request),
  }
}
