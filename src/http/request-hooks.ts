import { AuthError } from '../platform/errors.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics } from '../platform/metrics.js'

export interface RequestFacts {
  requestId: string
  method: string
  /** The path as it is registered, without what a client put into it. */
  route: string
}

export interface Outcome {
  status: number
  /** From the head of the request to the last byte of the answer. */
  milliseconds: number
  /** Who answered, where it is a request to /graphql. */
  by?: 'hot' | 'apollo'
}

/**
 * What happens around requests, whoever answers them. A limit, metric, trace or log belongs into one of these, and into
 * the list in server.ts: the hot path and Apollo Server run in the same hooks, and a plugin of either would miss the other.
 */
export interface RequestHook {
  /** Before an operation is executed. Throws an AuthError to refuse it. */
  before?(facts: RequestFacts): void
  /** After the execution, whatever came of it, of an operation that all `before` have let pass. */
  after?(facts: RequestFacts): void
  /** Once the answer to any request is out. Called in the same turn of the event loop or at its end. */
  answered?(facts: RequestFacts, outcome: Outcome): void
}

export type RequestHooks = ReturnType<typeof combineHooks>

/** Calls all of them, in their order. */
export function combineHooks(hooks: readonly RequestHook[]) {
  let answers: { facts: RequestFacts; outcome: Outcome }[] = []

  // All of a turn in one go: spread among the requests, each would find the processor's caches cold.
  function flush(): void {
    const all = answers
    answers = []
    for (const hook of hooks) {
      for (const { facts, outcome } of all) hook.answered?.(facts, outcome)
    }
  }

  return {
    /** Before an operation is executed. Throws what a hook throws; then `leave` must not be called. */
    enter(facts: RequestFacts): void {
      let entered = 0
      try {
        for (; entered < hooks.length; entered++) hooks[entered]?.before?.(facts)
      } catch (error) {
        for (const hook of hooks.slice(0, entered)) hook.after?.(facts)
        throw error
      }
    },

    /** After the execution, whatever came of it. */
    leave(facts: RequestFacts): void {
      for (const hook of hooks) hook.after?.(facts)
    },

    answered(facts: RequestFacts, outcome: Outcome): void {
      if (answers.length === 0) setImmediate(flush)
      answers.push({ facts, outcome })
    },
  }
}

/** Refuses what would be one operation too many at a time. */
export function limitConcurrency(most: number): RequestHook {
  let executing = 0
  return {
    before() {
      if (executing >= most)
        throw new AuthError('SERVICE_UNAVAILABLE', {
          message: 'Too many requests at once. Try again in a moment.',
          retryAfter: 1,
        })
      executing += 1
    },
    after() {
      executing -= 1
    },
  }
}

export const measureRequests = (metrics: Metrics): RequestHook => ({
  answered({ route }, { status, milliseconds, by }) {
    metrics.observeRequest(route, status, milliseconds / 1000)
    if (by) metrics.countOperation(by)
  },
})

export function logRequests(logger: Logger): RequestHook {
  /** With what nearly all requests have in common written once: there are as many as there are routes. */
  const loggers = new Map<string, Logger>()
  return {
    answered({ requestId, method, route }, { status, milliseconds }) {
      const name = `${method} ${route}`
      let child = loggers.get(name)
      if (!child) loggers.set(name, (child = logger.child({ method, route })))
      child.info({ requestId, status, milliseconds: Math.round(milliseconds) }, 'request')
    },
  }
}
