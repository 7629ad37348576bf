// Answers the operations of known documents in front of Fastify and Apollo Server, by their plans.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Outcome } from '../../resolvers/context.js'
import type { ListSize } from '../../schema/list-sizes.js'
import { costOfOperation } from '../graphql/limits.js'
import type { RequestContexts } from '../graphql/request-context.js'
import type { Turns } from '../graphql/turns.js'
import type { Pipelining } from '../pipelining.js'
import type { RequestFacts, RequestFactsStore } from '../request-facts.js'
import type { RequestHooks } from '../request-hooks.js'
import { createResponses } from '../responses.js'
import type { FlatHeaders } from '../security-headers.js'
import type { Handover } from './handover.js'
import { NO_CONTEXT } from './no-context.js'
import type { Plan, ValidOperation } from './plan.js'
import { createPlanStore } from './plan-store.js'
import { bodyLength, parseBody, readBody } from './request-body.js'
import { isPromise } from './selection.js'
import type { Values } from './variables.js'

/** How many Accept headers are kept. */
const MAX_ACCEPTS = 100

/** Takes a request that was not answered. */
export type NextHandler = (request: IncomingMessage, response: ServerResponse) => void

interface Options {
  requestFacts: RequestFactsStore
  hooks: RequestHooks
  pipelining: Pipelining
  turns: Turns
  contextOf: RequestContexts
  /** How long the lists of the schema can be. */
  lists: ReadonlyMap<string, ListSize>
  /** The headers of every response. */
  headersOf: (origin: string | undefined) => FlatHeaders
}

interface Prepared {
  plan: Plan
  variables: Values
}

interface Attempt {
  facts: RequestFacts
  handover: Handover
  succeed: (data: unknown) => void
  passOn: () => void
}

/** Shared by all requests that set none. */
const NO_COOKIES: readonly string[] = []

export type KnownDocuments = ReturnType<typeof createKnownDocuments>

/**
 * Executes operations that Apollo Server has executed before (docs/adr/0034). It responds only with success, and only if
 * the response is certain to equal Apollo Server's. It passes on everything else: unknown documents, bad variables before
 * anything has run, and every error, with the outcomes of what has run.
 */
export function createKnownDocuments(options: Options) {
  const { requestFacts, hooks, pipelining, turns, contextOf, lists, headersOf } = options
  const plans = createPlanStore((valid) => costOfOperation(valid, lists))
  const respond = createResponses({ hooks, headersOf })
  /** The content type that Apollo Server chose for each Accept header. */
  const contentTypes = new LRUCache<string, string>({ max: MAX_ACCEPTS })
  /** Of the requests that were passed on. */
  const handovers = new WeakMap<IncomingMessage, Handover>()

  /** Null if something is unusual: nothing has run. */
  function prepare(body: Buffer): Prepared | null {
    const parsed = parseBody(body)
    const plan = parsed && plans.find(parsed.query, parsed.operationName)
    if (!plan || (plan.failedLast && turns.areTaken())) return null
    try {
      return { plan, variables: plan.coerce(parsed.variables ?? {}) }
    } catch {
      return null
    }
  }

  /** Executes the plan, and then calls one of the two functions. */
  function execute(
    request: IncomingMessage,
    response: ServerResponse,
    { plan, variables }: Prepared,
    attempt: Attempt,
  ) {
    const { facts, handover, succeed, passOn } = attempt
    const fail = () => {
      plan.failedLast = true
      passOn()
    }
    facts.route = '/graphql'
    facts.operation = plan.rootFields.label
    facts.calls = plan.rootFields.calls
    facts.operationType = plan.operationType
    try {
      hooks.before(facts)
      if (plan.needsContext) handover.own = contextOf(request, response, facts)
      const outcomes: Outcome[] = (handover.outcomes = [])
      const data = plan.execute({ variables, context: handover.own?.context ?? NO_CONTEXT, outcomes })
      if (isPromise(data)) data.then(succeed).catch(fail)
      else succeed(data)
    } catch {
      // Apollo Server gets the same error: from the hook, from an outcome, or by completing the outcomes again.
      fail()
    }
  }

  return {
    /** Adds an operation that Apollo Server is about to execute. */
    add: (valid: ValidOperation): void => plans.add(valid),

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
      if (!pipelining.enter(request.socket)) return
      readBody(request, length, (body) => {
        const facts = requestFacts.create(request, startedAt)
        const handover: Handover = { body, own: null, outcomes: null }
        const passOn = () => {
          requestFacts.keep(request, facts)
          handovers.set(request, handover)
          next(request, response)
        }
        const prepared = prepare(body)
        const contentType = contentTypes.get(request.headers.accept ?? '')
        if (!prepared || contentType === undefined) return passOn()
        const succeed = (data: unknown) => {
          prepared.plan.failedLast = false
          hooks.after(facts)
          const { origin } = request.headers
          const cookies = handover.own?.cookies.values ?? NO_COOKIES
          respond({ facts, response, origin, contentType, cookies, body: `${JSON.stringify({ data })}\n` })
          pipelining.leaveAfterTurn(request.socket)
        }
        const start = () => {
          execute(request, response, prepared, { facts, handover, succeed, passOn })
        }
        if (facts.trace) facts.trace.run(start)
        else start()
      })
    },

    /** What a request brings along that was read and then passed on. */
    handoverOf: (request: IncomingMessage): Handover | undefined => handovers.get(request),
  }
}
