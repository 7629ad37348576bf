// What a counter of requests does, wherever it counts.
import type { Policy } from './policies.js'

/** The state of a limit after a request. */
export interface Usage {
  readonly policy: Policy
  /** How many more requests the limit allows now. */
  readonly remaining: number
  /** Until when. */
  readonly resetMs: number
}

/** One usage for each policy, in their order, and which of them refuse the request. A refused request counts for none. */
export interface Count {
  readonly usages: readonly Usage[]
  readonly violated: readonly Usage[]
}

/** What is known about one policy: how many requests were counted before this one, and when they stop counting. */
export interface Counted {
  readonly before: number
  readonly resetMs: number
}

export function countOf(policies: readonly Policy[], counted: readonly Counted[]): Count {
  const isOver = ({ limit }: Policy, i: number) => (counted[i]?.before ?? 0) >= limit
  const isRefused = policies.some(isOver)
  const usages = policies.map((policy, i) => ({
    policy,
    remaining: Math.max(0, policy.limit - (counted[i]?.before ?? 0) - (isRefused ? 0 : 1)),
    resetMs: counted[i]?.resetMs ?? policy.seconds * 1000,
  }))
  return { usages, violated: usages.filter(({ policy }, i) => isOver(policy, i)) }
}
