import { AuthError } from '../../../platform/errors.js'

/** First in, first out: `concurrency` at once, `limit` waiting, and the rest are refused before anything is done. */
export function createHashQueue({ concurrency, limit }: { concurrency: number; limit: number }) {
  const waiting: { start: () => void; since: number }[] = []
  let running = 0
  /** Milliseconds that the one which began last had waited. */
  let wait = 0

  function finish(): void {
    const next = waiting.shift()
    if (!next) return void (running -= 1)
    wait = performance.now() - next.since
    next.start()
  }

  return {
    /** Throws SERVICE_UNAVAILABLE, with the time to come back, when the queue is full. */
    async run<T>(work: () => Promise<T>): Promise<T> {
      if (running < concurrency) running += 1
      else {
        if (waiting.length >= limit)
          throw new AuthError('SERVICE_UNAVAILABLE', { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })
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
