// A queue for hashes: first in, first out, with a limit.
import { AuthError } from '../../../platform/errors.js'

/** `concurrency` run at once, `limit` can wait, and the rest are refused before any work. */
export function createHashQueue({ concurrency, limit }: { concurrency: number; limit: number }) {
  const waiting: { start: () => void; since: number }[] = []
  let running = 0
  /** How long the hash that started last had waited. */
  let waitMs = 0

  function finish(): void {
    const next = waiting.shift()
    if (!next) return void (running -= 1)
    waitMs = performance.now() - next.since
    next.start()
  }

  return {
    /** Throws SERVICE_UNAVAILABLE, with the time to retry, if the queue is full. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (running < concurrency) running += 1
      else {
        if (waiting.length >= limit)
          throw new AuthError('SERVICE_UNAVAILABLE', { retryAfter: Math.max(1, Math.ceil(waitMs / 1000)) })
        await new Promise<void>((start) => waiting.push({ start, since: performance.now() }))
      }
      try {
        return await work()
      } finally {
        finish()
      }
    },

    waiting: () => waiting.length,
  }
}
