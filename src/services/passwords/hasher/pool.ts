// Runs hashes in a separate process, up to a limit: starts it when it is needed, and replaces it when it dies.
import { withTimeout } from '@postern/contract/timeout'
import { ServiceError } from '@postern/service/errors'
import type { Tracing } from '@postern/service/tracing/tracing'
import { HasherEnded, type HasherProcess, type HashJob, type StartHasher, startHasher } from './client.js'
import type { Requester } from '../requester.js'
import { createHashQueue } from './queue.js'

export type Hashing = ReturnType<typeof createHashing>

interface Options {
  /** How many hashes run at once, and how many can wait. */
  concurrency: number
  queue: number
  /** Called with the name of the library each time a process starts. */
  onLibrary: (name: string) => void
  /** Called when the process ends unexpectedly. */
  onDeath: () => void
  /** Called with the duration of each hash, in seconds. */
  onHashed: (seconds: number) => void
  /** How long the process waits for the next hash before it ends, in milliseconds. */
  idleMs?: number
  tracing?: Tracing | null
  /** Another way to start the process. */
  start?: StartHasher | undefined
}

/** An idle process keeps 50 MiB, a third of what an idle service has. To start another one takes about 0.1 s. */
const IDLE_MS = 30_000

/** How long the health check waits for the process to respond. */
const PING_WAIT_MS = 2000

/** A job that two processes die of is given up. */
const ATTEMPTS = 2

/** How long to wait before the next start, after so many deaths in a row. No wait after the first. */
const pauseMs = (deaths: number): number => (deaths < 2 ? 0 : Math.min(100 * 2 ** deaths, 5000))

export function createHashing(options: Options) {
  const { concurrency, queue: limit, onLibrary, onDeath, onHashed, tracing } = options
  const { idleMs = IDLE_MS, start = startHasher } = options
  const queue = createHashQueue({ concurrency, limit })
  const inProgress = new Set<Promise<unknown>>()
  let current: HasherProcess | null = null
  let closed = false
  /** There is no process, because there was nothing to do yet, or for a while. */
  let isAsleep = true
  let untilSleep: NodeJS.Timeout | undefined
  /** In a row: a response resets it. */
  let deaths = 0
  let startAfter = 0

  function runningProcess(): HasherProcess {
    if (current) return current
    const started = start(concurrency, {
      onLibrary,
      onEnd() {
        if (current !== started) return
        current = null
        if (closed) return
        deaths += 1
        startAfter = performance.now() + pauseMs(deaths)
        onDeath()
      },
    })
    isAsleep = false
    current = started
    // A health check may have started it, with nothing to hash.
    endIfIdle()
    return started
  }

  function sleep(): void {
    if (current === null || inProgress.size > 0) return
    isAsleep = true
    const idle = current
    current = null
    void idle.end()
  }

  function endIfIdle(): void {
    clearTimeout(untilSleep)
    if (inProgress.size === 0 && !closed) untilSleep = setTimeout(sleep, idleMs).unref()
  }

  async function attempt(job: HashJob): Promise<string | boolean> {
    let cause: unknown
    for (let tries = 0; tries < ATTEMPTS && performance.now() >= startAfter; tries++) {
      try {
        const began = performance.now()
        const result = await runningProcess().run(job)
        deaths = 0
        onHashed((performance.now() - began) / 1000)
        return result
      } catch (error) {
        if (!(error instanceof HasherEnded)) throw error
        cause = error
      }
    }
    const seconds = Math.max(1, Math.ceil((startAfter - performance.now()) / 1000))
    throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: seconds, cause })
  }

  /** The span has the wait in the queue as well. The event says when that was over. */
  function enqueue(job: HashJob, requester: Requester): Promise<string | boolean> {
    if (!tracing) return queue.run(() => attempt(job), requester)
    return tracing.inSpan('passwordHash' in job ? 'verify password' : 'hash password', {}, (note) =>
      queue.run(() => {
        note('first in the queue')
        return attempt(job)
      }, requester),
    )
  }

  return {
    /** Throws SERVICE_UNAVAILABLE if the queue is full, after 10 s, or if no process survives the job. */
    async run(job: HashJob, requester: Requester): Promise<string | boolean> {
      if (closed) throw new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: 1 })
      clearTimeout(untilSleep)
      const work = enqueue(job, requester)
      inProgress.add(work)
      return work.finally(() => {
        inProgress.delete(work)
        endIfIdle()
      })
    },

    waiting: () => queue.waiting(),

    /** True if a process runs and responds, or none is needed. A frozen one is replaced after 5 s. */
    async isUp(): Promise<boolean> {
      if (closed || performance.now() < startAfter) return false
      if (isAsleep) return true
      return withTimeout(
        runningProcess()
          .ping()
          .then(() => true)
          .catch(() => isAsleep),
        PING_WAIT_MS,
        () => false,
      )
    },

    /** The id of the running process, if there is one. */
    pid: () => current?.pid,

    /** Refuses new jobs, finishes those in progress, then ends the process. */
    async close(): Promise<void> {
      closed = true
      clearTimeout(untilSleep)
      await Promise.allSettled(inProgress)
      await current?.end()
    },
  }
}
