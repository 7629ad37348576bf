// Answers the operations of known documents in front of Fastify and Apollo Server, by their plans.
import { createTwoGenerations } from '@postern/contract/two-generations'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { perTurn } from '@postern/service/end-of-turn'
import type { ServiceError } from '@postern/service/errors'
import { reportError, type RequestFacts, type RequestFactsStore } from '@postern/service/requests/facts'
import type { RequestHooks } from '@postern/service/requests/hooks'
import type { Outcome } from '../../resolvers/context.js'
import type { ListSize } from '../../schema/list-sizes.js'
import { costOfOperation } from '../graphql/limits.js'
import type { RequestContexts } from '../graphql/request-context.js'
import type { Turns } from '../graphql/turns.js'
import type { Pipelining } from '../pipelining.js'
import { createResponses } from '../responses.js'
import type { FlatHeaders } from '../security-headers.js'
import type { Handover } from './handover.js'
import { NO_CONTEXT } from './no-context.js'
import type { OnlyField, Plan, ValidOperation } from './plan.js'
import { createPlanStore } from './plan-store.js'
import { isRefusal, refusalBody } from './refusals.js'
import { bodyLength, canBeKnown, parseBody, readBody } from './request-body.js'
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

/** A request, and where to pass it on to. */
interface Received {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly next: NextHandler
  readonly startedAt: number
}

/** A request that has its plan, and what has become of it. */
interface Exchange extends Received {
  readonly facts: RequestFacts
  readonly handover: Handover
  readonly plan: Plan
  readonly variables: Values
  readonly contentType: string
}

/** Shared by all requests that set none. */
const NO_COOKIES: readonly string[] = []

export type KnownDocuments = ReturnType<typeof createKnownDocuments>

/**
 * Executes operations that Apollo Server has executed before (docs/adr/0034). It responds only if the response is certain to
 * equal Apollo Server's: with success, or if the only root field is refused. It passes on everything else: unknown
 * documents, bad variables before anything has run, and every other error, with the outcomes of what has run.
 */
export function createKnownDocuments(options: Options) {
  const { requestFacts, hooks, pipelining, turns, contextOf, lists, headersOf } = options
  const plans = createPlanStore((valid) => costOfOperation(valid, lists))
  const respond = createResponses({ hooks, headersOf })
  /** The content type that Apollo Server chose for each Accept header. */
  const contentTypes = createTwoGenerations<string>({ size: MAX_ACCEPTS / 2, renew: true })
  /** Of the requests that were passed on. */
  const handovers = new WeakMap<IncomingMessage, Handover>()

  /** Null if something is unusual: nothing has run. */
  function prepare(body: Buffer): Pick<Exchange, 'plan' | 'variables'> | null {
    const parsed = parseBody(body)
    const plan = parsed && plans.find(parsed.query, parsed.operationName)
    if (!plan || (plan.failedLast && turns.areTaken())) return null
    try {
      return { plan, variables: plan.coerce(parsed.variables ?? {}) }
    } catch {
      return null
    }
  }

  function receive(received: Received): void {
    const { request, response, next } = received
    const length = bodyLength(request, requestFacts.hostOf)
    if (length === 0) return next(request, response)
    if (!pipelining.enter(request.socket)) return
    readBody(request, length, (body) => {
      answer(received, body)
    })
  }

  function answer(received: Received, body: Buffer): void {
    const { request, response, next, startedAt } = received
    const facts = requestFacts.create(request, startedAt)
    const handover: Handover = { body, own: null, outcomes: null }
    const prepared = prepare(body)
    const contentType = contentTypes.get(request.headers.accept ?? '')
    if (!prepared || contentType === undefined) return passOn({ ...received, facts, handover })
    const exchange = { request, response, next, startedAt, facts, handover, ...prepared, contentType }
    if (facts.trace)
      facts.trace.run(() => {
        execute(exchange)
      })
    else execute(exchange)
  }

  /** Executes the plan, and then succeeds or fails. */
  function execute(exchange: Exchange): void {
    const { request, response, facts, handover, plan, variables } = exchange
    facts.route = '/graphql'
    facts.operation = plan.rootFields.label
    facts.calls = plan.rootFields.calls
    facts.operationType = plan.operationType
    const onError = (error: unknown) => {
      fail(exchange, error)
    }
    try {
      hooks.before(facts)
      if (plan.needsContext) handover.own = contextOf(request, response, facts)
      const outcomes: Outcome[] = (handover.outcomes = [])
      const data = plan.execute({ variables, context: handover.own?.context ?? NO_CONTEXT, outcomes })
      if (!isPromise(data)) return succeed(exchange, data)
      const onData = (resolved: unknown) => {
        succeed(exchange, resolved)
      }
      data.then(onData).catch(onError)
    } catch (error) {
      onError(error)
    }
  }

  function send({ request, response, facts, handover, plan, contentType }: Exchange, body: string): void {
    plan.failedLast = false
    hooks.after(facts)
    const { origin } = request.headers
    const cookies = handover.own?.cookies.values ?? NO_COOKIES
    respond({ facts, response, origin, contentType, cookies, body })
    pipelining.leaveAfterTurn(request.socket)
  }

  function succeed(exchange: Exchange, data: unknown): void {
    send(exchange, `${JSON.stringify({ data })}\n`)
  }

  function fail(exchange: Exchange, error: unknown): void {
    const { plan, handover } = exchange
    const [outcome] = handover.outcomes ?? []
    if (!plan.onlyField || !outcome || !isRefusal(error)) return giveUp(exchange)
    const { onlyField } = plan
    // It may be of a field below.
    const decide = (thrown: unknown) => (thrown === error ? refuse(exchange, onlyField, error) : giveUp(exchange))
    if (!isPromise(outcome.value)) return decide(outcome.value)
    outcome.value.then(() => giveUp(exchange), decide)
  }

  function refuse(exchange: Exchange, onlyField: OnlyField, error: ServiceError): void {
    const { facts, plan } = exchange
    reportError(facts, error.code, plan.rootFields.label)
    send(exchange, refusalBody(onlyField, error, facts.requestId))
  }

  /** Apollo Server gets the same error: from the hook, from an outcome, or by completing the outcomes again. */
  function giveUp(exchange: Exchange): void {
    exchange.plan.failedLast = true
    passOn(exchange)
  }

  function passOn({ request, response, next, facts, handover }: Received & Pick<Exchange, 'facts' | 'handover'>): void {
    requestFacts.keep(request, facts)
    handovers.set(request, handover)
    next(request, response)
  }

  /** The requests of a turn, one after the other: between two calls of the system, the processor's caches would be cold. */
  const receiveInTurn = perTurn<Received>((all) => all.forEach(receive))

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
      if (!canBeKnown(request)) return next(request, response)
      // Lets the body arrive before it is read, at the end of the turn.
      request.read(0)
      receiveInTurn({ request, response, next, startedAt: performance.now() })
    },

    /** What a request brings along that was read and then passed on. */
    handoverOf: (request: IncomingMessage): Handover | undefined => handovers.get(request),
  }
}
