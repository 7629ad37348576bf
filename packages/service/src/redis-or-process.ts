// Counts in Redis, over all processes, or in this process while Redis is unavailable.

/** How long no call tries Redis again after one has failed: none waits for a Redis that hangs but the first. */
const PAUSE_MS = 1000

/** Calls `inRedis`, or `inProcess` while Redis is unavailable. Says where the count is, because there it must be undone. */
export function createFallback(now: () => number = () => performance.now()) {
  let pausedUntil = 0

  return async function count<Result>(
    inRedis: () => Promise<Result>,
    inProcess: () => Promise<Result>,
  ): Promise<{ result: Result; isShared: boolean }> {
    if (now() >= pausedUntil) {
      try {
        return { result: await inRedis(), isShared: true }
      } catch {
        pausedUntil = now() + PAUSE_MS
      }
    }
    return { result: await inProcess(), isShared: false }
  }
}

/** The part of a limit that one of several processes may use: never none. */
export const shareOf = (limit: number, processes: number): number => Math.max(1, Math.floor(limit / processes))
