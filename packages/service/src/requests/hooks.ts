// Request hooks: limits, metrics and log lines that apply to a request whichever door and path it takes.
import type { GrpcStatus } from '@postern/contract/error-statuses'
import { perTurn } from '../end-of-turn.js'
import { ServiceError } from '../errors.js'
import type { CallMetrics } from './call-metrics.js'
import type { ReadonlyFacts, RequestFacts } from './facts.js'

export interface Outcome {
  /** Of HTTP, or the name of that of gRPC. */
  status: number | GrpcStatus
  /** From the head of the request to the last byte of the response. */
  milliseconds: number
  /** What answered it, where several things can. */
  by?: string
}

/**
 * Runs around requests of all doors of a service, on all of their paths. Limits, metrics, traces and logs are hooks: a plugin of one
 * door or server would miss what the others answer.
 */
export interface RequestHook {
  /** Once per request, before its operation is executed; `facts.operation` is known. Throws a ServiceError to refuse it. */
  before?(facts: ReadonlyFacts): void
  /** Once per request that every `before` has let pass, after the execution, whatever its result. */
  after?(facts: ReadonlyFacts): void
  /** Once per request, after its response. Called in the same turn of the event loop or at its end. */
  answered?(facts: ReadonlyFacts, outcome: Outcome): void
}

export type RequestHooks = ReturnType<typeof combineHooks>

/** Calls all hooks in order, each at most once per request, although several paths may call for the same request. */
export function combineHooks(hooks: readonly RequestHook[]) {
  const answered = perTurn<{ facts: ReadonlyFacts; outcome: Outcome }>((answers) => {
    for (const hook of hooks) {
      for (const { facts, outcome } of answers) hook.answered?.(facts, outcome)
    }
  })

  return {
    /** Throws what a hook throws, now and at every later call for the same request. */
    before(facts: RequestFacts): void {
      if (facts.stage === 'refused') throw facts.refusal
      if (facts.stage !== 'new') return
      let entered = 0
      try {
        for (; entered < hooks.length; entered++) hooks[entered]?.before?.(facts)
        facts.stage = 'entered'
      } catch (error) {
        facts.stage = 'refused'
        facts.refusal = error
        for (const hook of hooks.slice(0, entered)) hook.after?.(facts)
        throw error
      }
    },

    /** Does nothing for a request that `before` has not let pass. */
    after(facts: RequestFacts): void {
      if (facts.stage !== 'entered') return
      facts.stage = 'left'
      for (const hook of hooks) hook.after?.(facts)
    },

    answered: (facts: ReadonlyFacts, outcome: Outcome): void => answered({ facts, outcome }),
  }
}

export const tooManyInProgress = (): ServiceError =>
  new ServiceError('SERVICE_UNAVAILABLE', {
    message: 'Too many requests in progress. Try again in a moment.',
    retryAfter: 1,
  })

/** Refuses a request if `limit` operations are already in progress. */
export function limitConcurrency(limit: number): RequestHook {
  let executing = 0
  return {
    before() {
      if (executing >= limit) throw tooManyInProgress()
      executing += 1
    },
    after() {
      executing -= 1
    },
  }
}

/** Counts and times the calls of a service that has no other door than gRPC. */
export const measureCalls = (metrics: CallMetrics): RequestHook => ({
  answered({ route }, { status, milliseconds }) {
    if (typeof status === 'string') metrics.observeCall(route, status, milliseconds / 1000)
  },
})

/** Must stand before `logRequests`: the lines of a turn are written together, and belong to no trace but their own. */
export const traceRequests: RequestHook = {
  before({ trace, operation, operationType }) {
    trace?.startOperation(operationType ?? 'query', operation)
  },
  after({ trace, errors }) {
    trace?.endOperation(errors[0]?.code)
  },
  answered({ trace, route, errors, startedAt }, { status, milliseconds }) {
    trace?.end({ route, status, endedAt: startedAt + milliseconds, code: errors[0]?.code })
  },
}
