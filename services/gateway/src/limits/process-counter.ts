// Counts requests in this process, while Redis is unavailable.
import { createTwoGenerations } from '@postern/contract/two-generations'
import { type Count, countOf } from './counter.js'
import type { Policy } from './policies.js'

/** Those who are counted: at most twice as many. */
const MAX_SUBJECTS = 20_000

interface Window {
  count: number
  endsAt: number
}

/** Each of the gateways may use its share of a limit, at least one request. */
export function createProcessCounter(gateways: number, now: () => number = () => performance.now()) {
  const windows = createTwoGenerations<Window>({ size: MAX_SUBJECTS, renew: true })

  function windowOf({ subject, seconds }: Policy): Window {
    const name = `${seconds}\n${subject}`
    let window = windows.get(name)
    if (!window || window.endsAt <= now()) windows.set(name, (window = { count: 0, endsAt: now() + seconds * 1000 }))
    return window
  }

  return (policies: readonly Policy[]): Count => {
    const own = policies.map((policy) => ({ ...policy, limit: Math.max(1, Math.floor(policy.limit / gateways)) }))
    const current = own.map(windowOf)
    const count = countOf(
      own,
      current.map((window) => ({ before: window.count, resetMs: window.endsAt - now() })),
    )
    if (count.violated.length === 0) for (const window of current) window.count += 1
    return count
  }
}
