// Queues callers for something that others hold: one queue per subject, bounded in number and in time.

/** Callers that can wait for one subject: more than a person or an app sends at once on purpose. */
const MAX_OF_SUBJECT = 64
const LONGEST_WAIT_MS = 5000
/** How soon a process notices that another one has released something. */
const RETRY_MS = 50

interface Options<Result> {
  /** How many may wait in this process, for all subjects together. */
  maxWaiting: number
  /** True if everyone else who waits gets the same result. */
  lastsForAll: (result: Result) => boolean
  /** Called with a result for which no caller waits any more. */
  onUnused: (result: Result, subject: string) => void
}

interface Queue<Result> {
  waiting: Set<(result: Result | null) => void>
  /** True if something was released since the last try began. */
  isHurried: boolean
  /** Ends the pause before the next try. */
  endPause: () => void
}

export function createQueues<Result>({ maxWaiting, lastsForAll, onUnused }: Options<Result>) {
  const queues = new Map<string, Queue<Result>>()
  let waiting = 0

  /** Tries for the first in the queue, again and again, until none is left. */
  async function serve(subject: string, queue: Queue<Result>, attempt: () => Promise<Result | null>): Promise<void> {
    while (queue.waiting.size > 0) {
      queue.isHurried = false
      const result = await attempt().catch(() => null)
      const [first] = queue.waiting
      if (result !== null && first === undefined) onUnused(result, subject)
      else if (result !== null) for (const give of lastsForAll(result) ? [...queue.waiting] : [first]) give?.(result)
      else await pause(queue)
    }
    queues.delete(subject)
  }

  const pause = (queue: Queue<Result>): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, queue.isHurried ? 0 : RETRY_MS)
      queue.endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  /** Null after the longest wait, or when the caller has disconnected. */
  const turn = (queue: Queue<Result>, signal: AbortSignal): Promise<Result | null> =>
    new Promise((resolve) => {
      const leave = () => {
        give(null)
      }
      const timer = setTimeout(leave, LONGEST_WAIT_MS)
      const give = (result: Result | null) => {
        if (!queue.waiting.delete(give)) return
        waiting -= 1
        clearTimeout(timer)
        signal.removeEventListener('abort', leave)
        resolve(result)
      }
      waiting += 1
      queue.waiting.add(give)
      signal.addEventListener('abort', leave)
      if (signal.aborted) leave()
    })

  return {
    /**
     * Returns what `attempt` returns, or waits behind those who wait for the same subject while it is null. Null if too many
     * wait, after five seconds, or when `signal` aborts.
     */
    async take(subject: string, attempt: () => Promise<Result | null>, signal: AbortSignal): Promise<Result | null> {
      let queue = queues.get(subject)
      if (!queue) {
        const result = await attempt()
        if (result !== null) return result
        queue = queues.get(subject)
      }
      if (waiting >= maxWaiting || (queue && queue.waiting.size >= MAX_OF_SUBJECT)) return null
      if (queue) return turn(queue, signal)
      queue = { waiting: new Set(), isHurried: false, endPause: () => undefined }
      const result = turn(queue, signal)
      queues.set(subject, queue)
      void serve(subject, queue, attempt)
      return result
    },

    /** Something was released: tries again for the first in the queue of the subject. */
    next(subject: string): void {
      const queue = queues.get(subject)
      if (!queue) return
      queue.isHurried = true
      queue.endPause()
    },
  }
}
