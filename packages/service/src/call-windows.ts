// Counts calls in the memory of one process.

/** At most `limit` calls in so many seconds. */
export interface CallLimit {
  limit: number
  seconds: number
}

/** One limit of one caller: the calls so far, and when they no longer count. */
export interface Window {
  count: number
  endsAt: number
}

export const newWindows = (limits: readonly CallLimit[]): Window[] => limits.map(() => ({ count: 0, endsAt: 0 }))

/**
 * Counts calls unless a limit refuses them. Returns how many milliseconds until they can succeed: 0 if they were counted.
 * `windows` belong to `limits`, in the same order. `now` is in milliseconds.
 */
export function countIn(windows: Window[], limits: readonly CallLimit[], calls: number, now: number): number {
  let wait = 0
  for (const [i, { limit, seconds }] of limits.entries()) {
    const window = windows[i]
    if (!window) continue
    if (window.endsAt <= now) Object.assign(window, { count: 0, endsAt: now + seconds * 1000 })
    if (window.count + calls > limit) wait = Math.max(wait, window.endsAt - now)
  }
  if (wait === 0) for (const window of windows) window.count += calls
  return wait
}
