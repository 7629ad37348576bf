// How many calls may be repeated: a share of all calls. Without it, repeated calls would double the load of a service that fails
// under its load.

export interface RetryBudget {
  /** For each call that is not a repetition. */
  readonly earn: () => void
  /** True if a call may be repeated now. */
  readonly spend: () => boolean
}

/** `share` of all calls, and at most `most` at once after calm times. */
export function createRetryBudget({ share = 0.1, most = 10 } = {}): RetryBudget {
  let saved = most
  return {
    earn() {
      saved = Math.min(saved + share, most)
    },
    spend() {
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
