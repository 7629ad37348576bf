import { AuthError } from '../../../platform/errors.js'
import { HasherEnded, type HasherProcess, type HashJob, startHasher } from './client.js'
import { createHashQueue } from './queue.js'

export type Hashing = ReturnType<typeof createHashing>

interface Settings {
  /** Hashes at once; hashes that may wait. */
  concurrency: number
  queue: number
  /** Which library hashes, each time a process starts. */
  onLibrary: (name: string) => void
  /** The process is gone though nobody ended it. */
  onDeath: () => void
  /** How long a hash took from its start, in seconds. */
  onHashed: (seconds: number) => void
}

/** A job that two processes died of is given up. */
const ATTEMPTS = 2

/** Milliseconds without a process after so many deaths in a row: none after the first. */
const pause = (deaths: number): number => (deaths < 2 ? 0 : Math.min(100 * 2 ** deaths, 5000))

/** Hashes in a process of its own, bounded, and starts another one when that dies. */
export function createHashing({ concurrency, queue: limit, onLibrary, onDeath, onHashed }: Settings) {
  const queue = createHashQueue({ concurrency, limit })
  const underWay = new Set<Promise<unknown>>()
  let current: HasherProcess | null = null
  let closed = false
  /** In a row: an answer makes it 0. */
  let deaths = 0
  let startAfter = 0

  function living(): HasherProcess {
    const onEnd = () => {
      current = null
      if (closed) return
      deaths += 1
      startAfter = performance.now() + pause(deaths)
      onDeath()
    }
    return (current ??= startHasher(concurrency, { onLibrary, onEnd }))
  }

  async function ask(job: HashJob): Promise<string | boolean> {
    let cause: unknown
    for (let attempt = 1; attempt <= ATTEMPTS && performance.now() >= startAfter; attempt++) {
      try {
        const began = performance.now()
        const result = await living().ask(job)
        deaths = 0
        onHashed((performance.now() - began) / 1000)
        return result
      } catch (error) {
        if (!(error instanceof HasherEnded)) throw error
        cause = error
      }
    }
    const seconds = Math.max(1, Math.ceil((startAfter - performance.now()) / 1000))
    throw new AuthError('SERVICE_UNAVAILABLE', { retryAfter: seconds, cause })
  }

  return {
    /** Throws SERVICE_UNAVAILABLE when too many wait already, or no process lives long enough. */
    async run(job: HashJob): Promise<string | boolean> {
      if (closed) throw new AuthError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
      const work = queue.run(() => ask(job))
      underWay.add(work)
      return work.finally(() => underWay.delete(work))
    },

    waiting: () => queue.waiting(),

    /** The process at work, if there is one. */
    pid: () => current?.pid,

    /** Takes no more, lets what was taken come to its end, then ends the process. */
    async close(): Promise<void> {
      closed = true
      await Promise.allSettled(underWay)
      await current?.end()
    },
  }
}
