// Limits how often a user may call, in this process. Services have no limits of their own: they are few, and have keys.
import { type CallLimit, countIn, newWindows, type Window } from '@postern/service/call-windows'
import type { Caller } from '@postern/service/callers/caller'
import { ServiceError } from '@postern/service/errors'
import { createTwoGenerations } from '@postern/contract/two-generations'

/** A kind of call: those of a kind share a limit. */
export type Kind = 'grant' | 'revoke' | 'read' | 'check' | 'bulk' | 'verify' | 'export'

/**
 * Per user. A history is kept for years, so grants have a limit for each day, too. Revocations have none: there are no more
 * than grants that they end, and nothing may keep people from withdrawing for long.
 */
const LIMITS: Readonly<Record<Kind, readonly CallLimit[]>> = {
  grant: [
    { limit: 60, seconds: 60 },
    { limit: 300, seconds: 86_400 },
  ],
  revoke: [{ limit: 60, seconds: 60 }],
  read: [{ limit: 300, seconds: 60 }],
  check: [{ limit: 600, seconds: 60 }],
  bulk: [{ limit: 60, seconds: 60 }],
  verify: [{ limit: 30, seconds: 60 }],
  export: [{ limit: 30, seconds: 60 }],
}

/** At most twice as many are counted. */
const MAX_CALLERS = 20_000

/** Throws RATE_LIMITED with `retryAfter`. */
export type CountCall = (caller: Caller, kind: Kind) => void

export function createCallLimits(now: () => number = () => performance.now()): CountCall {
  const callers = createTwoGenerations<Window[]>({ size: MAX_CALLERS, renew: true })
  return (caller, kind) => {
    if (caller.kind === 'service') return
    const name = `${kind} ${caller.userId}`
    const limits = LIMITS[kind]
    let windows = callers.get(name)
    if (!windows) callers.set(name, (windows = newWindows(limits)))
    const waitMs = countIn(windows, limits, 1, now())
    if (waitMs > 0) throw new ServiceError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) })
  }
}
