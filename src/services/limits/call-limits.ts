// Limits how often an operation may be called, over all instances.
import { createHmac } from 'node:crypto'
import { createTwoGenerations } from '@postern/contract/two-generations'
import { ServiceError } from '@postern/service/errors'
import { createFallback, shareOf } from '@postern/service/redis-or-process'
import { type CallLimit, countIn, newWindows, type Window } from '@postern/service/call-windows'
import type { CallCounts } from '../../repositories/limits/call-counts.js'

/** Whose calls are counted together. */
export type Scope = 'ADDRESS' | 'USER' | 'SESSION'

/** The limits of one operation, for each of its scopes. */
export interface OperationLimits {
  limits: readonly CallLimit[]
  scopes: readonly Scope[]
}

export interface CallLimits {
  /** Whether calls of the operation are counted per scope. */
  has(operation: string, scope: Scope): boolean
  /** Counts a call of an operation by an address, a user or a session. Throws RATE_LIMITED with `retryAfter`. */
  count(operation: string, scope: Scope, subject: string): Promise<void>
}

interface Options {
  counts: CallCounts
  operations: ReadonlyMap<string, OperationLimits>
  /** How many processes share each limit while Redis is unavailable. */
  processes: number
  /** Makes keys of addresses and ids. */
  key: string
}

/** Callers that are counted in memory while Redis is unavailable: at most twice as many. */
const MAX_CALLERS = 20_000

export const tooManyCalls = (waitMs: number): ServiceError =>
  new ServiceError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) })

export function createCallLimits({
  counts,
  operations,
  processes,
  key,
  ...rest
}: Options & { now?: () => number }): CallLimits {
  const now = rest.now ?? (() => performance.now())
  const callers = createTwoGenerations<Window[]>({ size: MAX_CALLERS, renew: true })
  const count = createFallback(now)

  function countInProcess(subject: string, limits: readonly CallLimit[]): number {
    let windows = callers.get(subject)
    if (!windows) callers.set(subject, (windows = newWindows(limits)))
    const own = limits.map(({ limit, seconds }) => ({ limit: shareOf(limit, processes), seconds }))
    return countIn(windows, own, 1, now())
  }

  return {
    has: (operation, scope) => operations.get(operation)?.scopes.includes(scope) ?? false,

    async count(operation, scope, subject) {
      const limits = operations.get(operation)?.limits ?? []
      if (!this.has(operation, scope) || limits.length === 0) return
      const text = `postern calls v1\n${operation}\n${scope}\n${subject}`
      const caller = createHmac('sha256', key).update(text).digest('base64url')
      const { result: waitMs } = await count(
        () => counts.count(caller, limits),
        () => Promise.resolve(countInProcess(caller, limits)),
      )
      if (waitMs > 0) throw tooManyCalls(waitMs)
    },
  }
}
